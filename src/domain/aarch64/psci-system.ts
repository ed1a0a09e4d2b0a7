import { type Implementation, RESULT, type SmcccAnswer, type SystemEvent, answered, low32 } from './smccc-call.js';

/** KVM_SYSTEM_EVENT_*. */
export const SYSTEM_EVENT = { shutdown: 1, reset: 2, suspend: 5 } as const;

/** KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2 and KVM_SYSTEM_EVENT_SHUTDOWN_FLAG_PSCI_OFF2. */
const SECOND_KIND = 1n;

/** Reset types of SYSTEM_RESET2: the warm reset, and from here on what the vendor defines. */
const WARM_RESET = 0;
const VENDOR_RESET = 0x8000_0000;

/** The one type of SYSTEM_OFF2 (PSCI_1_3_OFF_TYPE_HIBERNATE_OFF). */
export const HIBERNATE_OFF = 1n;

const FAILED = answered(RESULT.internalFailure);

/** Every vCPU stops until user space starts it again, and user space is told (kvm_prepare_system_event). */
const systemEvent = (exit: SystemEvent, { registers }: SmcccAnswer): SmcccAnswer => ({
  registers,
  facts: [{ type: 'vcpus_powered_off' }],
  exit,
});

/** SYSTEM_OFF. A guest that is run all the same finds INTERNAL_FAILURE. */
export const systemOff: Implementation = () => systemEvent({ type: SYSTEM_EVENT.shutdown }, FAILED);

/** SYSTEM_RESET; as SYSTEM_OFF. */
export const systemReset: Implementation = () => systemEvent({ type: SYSTEM_EVENT.reset }, FAILED);

/** SYSTEM_RESET2 of the type in the low half of x1; x1 to x3 stay as they were, for user space to read. */
export const systemReset2: Implementation = ({ args: [x1, x2, x3] }) => {
  const type = low32(x1);
  if (type !== WARM_RESET && type < VENDOR_RESET) return answered(RESULT.invalidParameters);
  const { x0 } = FAILED.registers;
  return systemEvent({ type: SYSTEM_EVENT.reset, flags: SECOND_KIND }, { registers: { x0: x0 ?? 0n, x1, x2, x3 } });
};

/** SYSTEM_OFF2 of the type in the low half of x1, 0 for the only one that there is; x2 must be 0. */
export const systemOff2: Implementation = ({ args: [x1, x2] }) => {
  const type = BigInt(low32(x1));
  if ((type !== 0n && type !== HIBERNATE_OFF) || x2 !== 0n) return answered(RESULT.invalidParameters);
  return systemEvent({ type: SYSTEM_EVENT.shutdown, flags: SECOND_KIND }, FAILED);
};

/** The capability by which user space takes SYSTEM_SUSPEND on itself. */
const SYSTEM_SUSPEND = 'arm_system_suspend';

export const suspends: (call: Parameters<Implementation>[0]) => boolean = ({ vm }) =>
  vm.capabilities?.includes(SYSTEM_SUSPEND) ?? false;

/** SYSTEM_SUSPEND: user space finds the arguments in the registers, and does the rest. No vCPU stops. */
export const systemSuspend: Implementation = (call) => {
  const [x1, x2, x3] = call.args;
  return suspends(call)
    ? { registers: { x1, x2, x3 }, exit: { type: SYSTEM_EVENT.suspend } }
    : answered(RESULT.notSupported);
};
