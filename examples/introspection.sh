#!/usr/bin/env bash
# A tool in one VM watches another: it is asked before a page is written, answers an agent in the guest, and maps a page of the
# guest into its own VM. Needs bash, curl, sed and base64.
#
#   VMLEDGER=http://127.0.0.1:8086 ./introspection.sh
set -euo pipefail

API=${VMLEDGER:-http://127.0.0.1:8086}/v1

call() { # METHOD URL [JSON]
  curl -sS --fail-with-body -X "$1" "$2" ${3:+-H 'content-type: application/json' -d "$3"}
}
field() { # NAME: of the JSON on standard input
  sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}
machine() { # an x86_64 VM with 1 MiB of memory and a vCPU in 32-bit code without paging; prints its URL
  local vm
  vm=$API/vms/$(call POST "$API/vms" '{"arch": "x86_64"}' | field id)
  call PUT "$vm/memslots/0" '{"guestPhysAddr": 0, "size": "0x100000"}' > /dev/null
  call POST "$vm/vcpus" '{"id": 0}' > /dev/null
  call PATCH "$vm/vcpus/0/registers" '{"cr0": "0x11", "cs": {"db": 1}}' > /dev/null
  echo "$vm"
}
tool() { # JSON: a command of the tool's
  call POST "$TARGET/introspection/commands" "$1"
}
event() { # prints the event that waits
  call GET "$TARGET/introspection/events?wait=1000"
}

TARGET=$(machine)
OWN=$(machine)

# The device manager lets the tool in, and the tool says what it wants to be told.
call POST "$TARGET/introspection/hook" '{}' > /dev/null
call POST "$TARGET/introspection/allow" '{"command": "all", "allow": 1}' > /dev/null
call POST "$TARGET/introspection/allow" '{"event": "all", "allow": 1}' > /dev/null
for name in pf hypercall; do
  tool "{\"command\": \"control_events\", \"vcpu\": 0, \"event\": \"$name\", \"enable\": 1}" > /dev/null
done
tool '{"command": "set_page_access", "entries": [{"gpa": "0x5000", "access": ["r"]}]}' > /dev/null

# The guest writes to the page, and waits.
call POST "$TARGET/vcpus/0/guest" '{"instruction": "store", "gva": "0x5000", "data": "aGVsbG8="}' > /dev/null
WAITS=$(event)
echo "told: $(field event <<< "$WAITS") at $(field gpa <<< "$WAITS")"
SEQ=$(field seq <<< "$WAITS")
call POST "$TARGET/introspection/events/$SEQ/reply" '{"action": "continue"}' > /dev/null

# An agent in the guest signals.
call POST "$TARGET/vcpus/0/hypercalls" '{"nr": 34, "args": [24, 0]}' > /dev/null
WAITS=$(event)
echo "told: $(field event <<< "$WAITS")"
SEQ=$(field seq <<< "$WAITS")
echo "agent: rax $(call POST "$TARGET/introspection/events/$SEQ/reply" '{"action": "continue"}' | field rax)"

# The tool's own VM maps the page: the token is good for 3 s, once.
TOKEN=$(tool '{"command": "get_map_token"}' | field token)
call PUT "$OWN/memory?gpa=0x1000" "{\"data\": \"$TOKEN\"}" > /dev/null
echo "mapped: $(call POST "$OWN/vcpus/0/hypercalls" '{"nr": 32, "args": ["0x1000", "0x5000", "0x9000"]}' | field result)"
echo "seen: $(call GET "$OWN/memory?gpa=0x9000&size=5" | field data | base64 -d)"
call POST "$OWN/vcpus/0/guest" '{"instruction": "store", "gva": "0x9000", "data": "SA=="}' > /dev/null
echo "theirs: $(call GET "$TARGET/memory?gpa=0x5000&size=5" | field data | base64 -d)"

# The end of the target is the end of the mapping; both ledgers replay.
call DELETE "$TARGET" > /dev/null
echo "unmapped: $(call POST "$OWN/vcpus/0/hypercalls" '{"nr": 33, "args": ["0x9000"]}' | field cause)"
REPLAY=$API/replays/$(call POST "$API/replays" '{}' | field id)
until [ "$(call GET "$REPLAY" | field state)" != running ]; do sleep 0.1; done
echo "divergences: $(call GET "$REPLAY" | sed 's/.*"divergences":\(\[[^]]*\]\).*/\1/')"
