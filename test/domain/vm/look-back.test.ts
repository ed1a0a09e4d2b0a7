import { command } from '../../../src/domain/vm/command.js';
import { decide } from '../../../src/domain/vm/decide.js';
import type { Vm } from '../../../src/domain/vm/state.js';
import { Ledger } from '../support/ledger.js';

const look = command.parse({ type: 'look_back', what: 'vcpu', vcpu: 0, version: 1 });

describe('a look at the past', () => {
  it.each(['s390x', 'x86_64', 'aarch64'])('of an %s VM is done, and no fact, also once it is destroyed', (arch) => {
    const ledger = new Ledger();
    for (const input of [{ type: 'create_vm', arch }, { type: 'destroy_vm' }]) {
      ledger.submit(command.parse(input));
      expect(decide(ledger.vm as Vm, look)).toEqual({ ret: 0, reply: {}, events: [] });
    }
  });

  it('of a VM that never was is none', () => {
    expect(decide(undefined, look)).toMatchObject({ errno: 'ENOENT' });
  });
});
