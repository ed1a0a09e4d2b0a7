#!/usr/bin/env bash
# A guest that runs is moved from one VM to another: memory by dirty logs, the states of its pages (CMMA) by what
# migration mode collects, then storage keys and registers. Needs bash, curl and sed.
#
#   VMLEDGER=http://127.0.0.1:8086 ./migration.sh
set -euo pipefail

API=${VMLEDGER:-http://127.0.0.1:8086}/v1/vms
MIB=1048576
PAGES=256

call() { # METHOD URL [JSON]
  curl -sS --fail-with-body -X "$1" "$2" ${3:+-H 'content-type: application/json' -d "$3"}
}
field() { # NAME: of the JSON on standard input
  sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}
machine() { # a VM with CMMA, 1 MiB of memory that logs what is written, and a vCPU; prints its URL
  local vm
  vm=$API/$(call POST "$API" '{"arch": "s390x"}' | field id)
  call PUT "$vm/attributes/mem_ctrl/enable_cmma" '{}' > /dev/null
  call PUT "$vm/memslots/0" "{\"guestPhysAddr\": 0, \"size\": $MIB, \"flags\": [\"log_dirty_pages\"]}" > /dev/null
  call POST "$vm/vcpus" '{"id": 0}' > /dev/null
  call PATCH "$vm/vcpus/0/registers" '{"psw": {"mask": "0x180000000", "addr": 0}}' > /dev/null
  echo "$vm"
}
registers() { # VM: its vCPU's, in JSON
  call GET "$1/vcpus/0" | sed 's/.*"registers":\({"psw":{[^}]*}[^}]*}\).*/\1/'
}
guest() { # JSON: what the guest on the source does
  call POST "$SOURCE/vcpus/0/guest" "$1" > /dev/null
}

copy_memory() { # GPA SIZE
  curl -sS --fail-with-body "$SOURCE/memory?gpa=$1&size=$2" -H 'accept: application/octet-stream' |
    curl -sS --fail-with-body -X PUT "$TARGET/memory?gpa=$1" -H 'content-type: application/octet-stream' \
      --data-binary @- > /dev/null
}
copy_dirty_pages() { # prints how many there were
  local frame count=0
  for frame in $(call GET "$SOURCE/memslots/0/dirty-log" | sed 's/.*"frames":\[\([^]]*\)\].*/\1/; s/[",]/ /g'); do
    copy_memory $((frame * 4096)) 4096
    count=$((count + 1))
  done
  echo "$count"
}
copy_page_states() { # collects until nothing remains; prints how many runs of pages there were
  local log start=0 count runs=0
  while :; do
    log=$(call GET "$SOURCE/cmma?startGfn=$start&count=64")
    count=$(field count <<< "$log")
    if [ "$count" -gt 0 ]; then
      start=$(field startGfn <<< "$log")
      call PUT "$TARGET/cmma" "{\"startGfn\": \"$start\", \"values\": \"$(field values <<< "$log")\"}" > /dev/null
      start=$((start + count))
      runs=$((runs + 1))
    fi
    [ "$(field remaining <<< "$log")" != 0x0 ] || break
  done
  echo "$runs"
}

SOURCE=$(machine)
TARGET=$(machine)

# The guest runs: it stores, sets a key, and says which pages it does not need.
guest '{"instruction": "store", "gaddr": "0x10000", "data": "aGVsbG8="}'
guest '{"instruction": "sske", "gaddr": "0x10000", "key": "0x30"}'
guest '{"instruction": "essa", "gaddr": "0x20000", "orc": 2}'

call PUT "$SOURCE/attributes/migration/start" '{}' > /dev/null
echo "migration mode: $(call GET "$SOURCE/attributes/migration/status" | field value)"

# Everything once, while the guest runs on.
copy_memory 0 $MIB
echo "page states, first round: $(copy_page_states) runs"
guest '{"instruction": "store", "gaddr": "0x30ffe", "data": "d29ybGQ="}'
guest '{"instruction": "essa", "gaddr": "0x40000", "orc": 3}'
guest '{"instruction": "essa", "gaddr": "0x41000", "orc": 2}'
guest '{"instruction": "essa", "gaddr": "0x80000", "orc": 2}'
guest '{"instruction": "sske", "gaddr": "0x30000", "key": "0x48"}'

# What changed meanwhile, until nothing does.
for round in 1 2 3; do
  pages=$(copy_dirty_pages)
  runs=$(copy_page_states)
  echo "round $round: $pages pages, $runs runs of page states"
  [ "$pages$runs" != 00 ] || break
done

call PUT "$SOURCE/attributes/migration/stop" '{}' > /dev/null
KEYS=$(call GET "$SOURCE/storage-keys?startGfn=0&count=$PAGES" | field keys)
call PUT "$TARGET/storage-keys" "{\"startGfn\": 0, \"keys\": \"$KEYS\"}" > /dev/null
call PATCH "$TARGET/vcpus/0/registers" "$(registers "$SOURCE")" > /dev/null

same() { # WHAT ONE OTHER
  [ "$2" = "$3" ] || { echo "$1 differ" >&2; exit 1; }
  echo "$1: equal"
}
same_field() { # WHAT PATH FIELD
  same "$1" "$(call GET "$SOURCE/$2" | field "$3")" "$(call GET "$TARGET/$2" | field "$3")"
}
same_field memory "memory?gpa=0&size=$MIB" data
same_field 'page states' "cmma?startGfn=0&count=$PAGES&peek=true" values
same_field 'storage keys' "storage-keys?startGfn=0&count=$PAGES" keys
same registers "$(registers "$SOURCE")" "$(registers "$TARGET")"
