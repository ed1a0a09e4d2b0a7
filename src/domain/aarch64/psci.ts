import { affinityInfo, cpuOff, cpuOn, cpuSuspend } from './psci-power.js';
import {
  HIBERNATE_OFF,
  suspends,
  systemOff,
  systemOff2,
  systemReset,
  systemReset2,
  systemSuspend,
} from './psci-system.js';
import { type Implementation, RESULT, type SmcccCall, answered, constant, low32, narrowed } from './smccc-call.js';
import { ARCH, PSCI, isSmc64, smc64 } from './smccc-id.js';

/** Versions of PSCI in which functions came, major << 16 | minor. */
const V0_2 = 0x2;
const V1_0 = 0x1_0000;
const V1_1 = 0x1_0001;
const V1_3 = 0x1_0003;

/** A function of PSCI. */
interface PsciFunction {
  readonly id: number;
  readonly since: number;
  /** Whether it has an SMC64 form. The SMC32 form takes arguments of 32 bits then. */
  readonly wide: boolean;
  readonly run: Implementation;
  /** What PSCI_FEATURES answers of it; without this 0. */
  readonly features?: (call: SmcccCall) => bigint;
}

/** PSCI_0_2_TOS_MP: no trusted OS that would have to be migrated. */
const NO_MIGRATION = 2n;

/** PSCI_FEATURES by the low half of x1. */
const features: Implementation = (call) => {
  const id = low32(call.args[0]);
  if (id === ARCH.version) return answered(RESULT.success);
  const known = implemented(call, id);
  return answered(known ? (known.features?.(call) ?? RESULT.success) : RESULT.notSupported);
};

const FUNCTIONS: readonly PsciFunction[] = [
  { id: PSCI.version, since: V0_2, wide: false, run: ({ firmware }) => answered(BigInt(firmware.psciVersion)) },
  { id: PSCI.cpuSuspend, since: V0_2, wide: true, run: cpuSuspend },
  { id: PSCI.cpuOff, since: V0_2, wide: false, run: cpuOff },
  { id: PSCI.cpuOn, since: V0_2, wide: true, run: cpuOn },
  { id: PSCI.affinityInfo, since: V0_2, wide: true, run: affinityInfo },
  { id: PSCI.migrateInfoType, since: V0_2, wide: false, run: constant(NO_MIGRATION) },
  { id: PSCI.systemOff, since: V0_2, wide: false, run: systemOff },
  { id: PSCI.systemReset, since: V0_2, wide: false, run: systemReset },
  { id: PSCI.features, since: V1_0, wide: false, run: features },
  {
    id: PSCI.systemSuspend,
    since: V1_0,
    wide: true,
    run: systemSuspend,
    features: (call) => (suspends(call) ? RESULT.success : RESULT.notSupported),
  },
  { id: PSCI.systemReset2, since: V1_1, wide: true, run: systemReset2 },
  { id: PSCI.systemOff2, since: V1_3, wide: true, run: systemOff2, features: () => HIBERNATE_OFF },
];

const BY_ID: ReadonlyMap<number, PsciFunction> = new Map(
  FUNCTIONS.flatMap((row): [number, PsciFunction][] => [
    [row.id, row.wide ? { ...row, run: (call) => row.run(narrowed(call)) } : row],
    ...(row.wide ? [[smc64(row.id), row] as [number, PsciFunction]] : []),
  ]),
);

/** The function of an id, if the version of PSCI that the guest is shown has it. Of SMC64 calls AArch32 has none. */
function implemented({ firmware, aarch32 }: SmcccCall, id: number): PsciFunction | undefined {
  if (aarch32 && isSmc64(id)) return undefined;
  const known = BY_ID.get(id);
  return known && known.since <= firmware.psciVersion ? known : undefined;
}

/** PSCI 0.2 to 1.3 (kvm_psci_call): NOT_SUPPORTED where the version has no such function, also for ids of PSCI 0.1. */
export const psci: Implementation = (call) => implemented(call, call.id)?.run(call) ?? answered(RESULT.notSupported);
