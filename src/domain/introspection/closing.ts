import type { Reply } from '../vm/decision.js';
import type { Event } from '../vm/facts/event.js';
import type { X86Vm } from '../vm/state.js';
import { finish, passAfter } from './finish.js';

/** The end of a channel: its facts, and what the calls of vCPUs that waited come to, by vCPU. */
export interface Closing {
  readonly facts: readonly Event[];
  readonly resumed: ReadonlyMap<number, Reply>;
}

/** The VM without a channel and with nobody waiting; every vCPU of it is free of what the tool selected. */
const released = ({ introspection: _, ...vm }: X86Vm): X86Vm => ({
  ...vm,
  vcpus: new Map([...vm.vcpus].map(([id, { waiting: __, introspection: ___, ...vcpu }]) => [id, vcpu])),
});

/**
 * Closes the channel: nothing is told from then on, and each vCPU that waited goes on as after CONTINUE (kvmi_release_vcpus).
 * Registers that were to be set after its reply are not.
 */
export function closeChannel(vm: X86Vm): Closing {
  const free = released(vm);
  const facts: Event[] = [{ type: 'introspection_unhooked' }];
  const resumed = new Map<number, Reply>();
  for (const { id, waiting } of vm.vcpus.values()) {
    const vcpu = free.vcpus.get(id);
    if (waiting === undefined || vcpu === undefined) continue;
    const pass = passAfter(waiting, { event: waiting.event, action: 'continue' });
    const outcome = finish(free, vcpu, waiting, pass);
    facts.push(...outcome.facts);
    resumed.set(id, { ret: 0, ...outcome.reply });
  }
  return { facts, resumed };
}
