import type { Absolute } from '../../memory/address.js';
import { consult } from '../../vm/law/consult.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';

/** What bringing storage keys into use leaves behind: nothing where they are (s390_enable_skey). */
export function enableSkeys(vm: S390xVm): readonly Event[] {
  const verdict = consult(vm, { type: 'enable_skeys' });
  return verdict.refused ? [] : verdict.facts;
}

/** The fact of a frame's key that changed from `before` to `key`; none where it did not. */
export const changedKey = (absolute: Absolute, before: number, key: number): readonly Event[] =>
  before === key ? [] : [{ type: 'storage_key_set', absolute, key }];
