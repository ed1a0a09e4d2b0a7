import { PAGE_SIZE, fragments, frameOf, offsetOf, partsOf } from '../memory/address.js';
import { done, refused } from '../vm/decision.js';
import { accessNames, accessOf, goodEntries } from './page-access.js';
import { INVALID, type Tool } from './tool-context.js';

/** Whether bytes are there and in one page. */
const isInPage = (gpa: bigint, size: number): boolean => size > 0 && offsetOf(gpa) + size <= PAGE_SIZE;

/** KVMI_VM_READ_PHYSICAL. Reply: `data`. EINVAL for no bytes or more than a page has from there on, ENOENT if no slot backs it. */
export const readPhysical: Tool = ({ vm: { memory } }, { gpa = 0n, size = 0 }) => {
  if (!isInPage(gpa, size)) return INVALID;
  if (memory.slotAt(frameOf(gpa)) === undefined) return refused('ENOENT');
  const pieces = fragments(gpa, size);
  return done([{ type: 'memory_read', parts: partsOf(pieces) }], { data: memory.read(pieces) });
};

/** KVMI_VM_WRITE_PHYSICAL: the same; `size`, if given, must be that of the data. It is not in the dirty log (kvmi_cmd_write_physical). */
export const writePhysical: Tool = ({ vm: { memory } }, { gpa = 0n, size, data = new Uint8Array() }) => {
  if ((size ?? data.length) !== data.length || !isInPage(gpa, data.length)) return INVALID;
  const slot = memory.slotAt(frameOf(gpa));
  if (slot === undefined) return refused('ENOENT');
  return done([{ type: 'memory_loaded', parts: partsOf(fragments(gpa, data.length)), data }]);
};

/** KVMI_GET_PAGE_ACCESS. Reply: `access`, in the order of `gpas`. EOPNOTSUPP for another view: there is one. */
export const getPageAccess: Tool = ({ introspection }, { gpas = [], view = 0 }) =>
  view === 0
    ? done([], { access: gpas.map((gpa) => accessNames(accessOf(introspection, gpa))) })
    : refused('EOPNOTSUPP');

/** KVMI_VM_SET_PAGE_ACCESS: entries in order up to the first that is no access, which is EINVAL; those before it stay. */
export const setPageAccess: Tool = (_at, { entries = [], view = 0 }) => {
  if (view !== 0) return refused('EOPNOTSUPP');
  const good = goodEntries(entries);
  const facts = good.length === 0 ? [] : [{ type: 'page_access_set' as const, entries: [...good] }];
  return good.length === entries.length ? done(facts) : refused('EINVAL', facts);
};
