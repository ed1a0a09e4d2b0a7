/** Statuses of refusals that an operation has beside those of its kind, by errno or problem. */
const ALSO: Readonly<Record<number, string>> = {
  /** It can be had in several forms. */
  406: 'readMemory diffVersions',
  /** EBUSY, EEXIST, EREMOTE; too many webhooks. */
  409: `createVm createVcpu setMemslot setRegisters getMpState setMpState run setInitialPsw inject injectFloating setState fault
    executeGuestInstruction callHypervisor translate translateBatch translateLegacy readMappings hook command setAttribute
    setVcpuAttribute enableCapability createWebhook`,
  /** Erased: the past that is asked for, or the answer that was kept under a key. */
  410: `readMemory readMappings translate translateBatch vmMemOp vmMemOpBatch vcpuMemOp vcpuMemOpBatch
    executeGuestInstruction command reply unhook`,
  /** EFAULT, where there is no key that could stand for another request. */
  422: 'readMemory getStorageKeys getCmmaValues',
  /** ENOTTY, ENOSYS, EOPNOTSUPP. */
  501: `clearDirtyLog reset setInitialPsw storeStatus injectFloating getState setState getOneReg setOneReg preFault fault ucasMap
    ucasUnmap hasAttribute getAttribute setAttribute hasVcpuAttribute getVcpuAttribute setVcpuAttribute call callHypervisor
    getIntrospection hook unhook preunhook allow command getEvents reply readMappings getStorageKeys setStorageKeys
    keyOperation getCmmaValues setCmmaValues executeGuestInstruction pvCommand pvCpuCommand inject vmMemOp vcpuMemOp vmMemOpBatch
    vcpuMemOpBatch`,
};

/** Statuses of its kind that an operation never has. */
const NEVER: Readonly<Record<number, string>> = {
  /** Nothing that it names can be missing. */
  404: 'createVm createWebhook listVms readJournal followJournal findAccesses listErasures',
  /** Nothing is done that could fail. */
  500: 'getHealth getDocument getDocs getHostProfiles',
  503: 'getHealth getDocument getDocs',
};

const isIn = (names: string, operation: string): boolean => names.split(/\s+/).includes(operation);

const listed = (table: Readonly<Record<number, string>>, operation: string): number[] =>
  Object.keys(table)
    .map(Number)
    .filter((status) => isIn(table[status] ?? '', operation));

/** The statuses of failure that an operation has, of those of its kind and its own, ascending. */
export function failuresOf(operation: string, ofKind: readonly number[]): number[] {
  const never = new Set(listed(NEVER, operation));
  const all = new Set([...ofKind, ...listed(ALSO, operation)]);
  return [...all].filter((status) => !never.has(status)).sort((a, b) => a - b);
}
