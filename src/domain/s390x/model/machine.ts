import { hexOfBits } from '../../shapes/bitmap.js';
import { SUBFUNC_SIZES, type Subfunc, type SubfuncBlock } from '../../shapes/cpu-model.js';
import type { S390xHost } from '../../shapes/host.js';

const DEA = [1, 2, 3, 9, 10, 11];
const AES = [18, 19, 20, 26, 27, 28];
const XTS = [50, 52, 58, 60];
const SHA = [1, 2, 3, 32, 33, 34, 35, 36, 37];
const CIPHERS = [0, ...DEA, ...AES];

/** Function codes that the default machine installs, by block (PoP, the query functions of these instructions). */
const FUNCTIONS: { readonly [Block in SubfuncBlock]: readonly number[] } = {
  plo: Array.from({ length: 24 }, (_, code) => code),
  ptff: [0, 1, 2, 3, 4, 64, 65, 68, 69, 72, 73],
  kmac: CIPHERS,
  kmc: [...CIPHERS, 67],
  km: [...CIPHERS, ...XTS],
  kimd: [0, ...SHA, 65],
  klmd: [0, ...SHA],
  pckmo: [0, 1, 2, 3, 18, 19, 20, 32, 33, 34, 40, 41],
  kmctr: CIPHERS,
  kmf: CIPHERS,
  kmo: CIPHERS,
  pcc: [...CIPHERS, ...XTS, 64, 65, 66, 72, 73, 80, 81],
  ppno: [0, 3, 112, 114],
  kma: [0, ...AES],
  kdsa: [0, 1, 2, 3, 9, 10, 11, 17, 18, 19, 32, 36, 40, 44, 48, 52],
  sortl: [0, 1, 2],
  dfltcc: [0, 1, 2, 4],
  pfcr: [],
  reserved: [],
};

const SUBFUNC: Subfunc = Object.fromEntries(
  Object.entries(FUNCTIONS)
    .filter(([, codes]) => codes.length > 0)
    .map(([name, codes]) => [name, hexOfBits(codes, SUBFUNC_SIZES[name as SubfuncBlock])]),
);

/** What of a machine its host profile may leave open. */
type Detail = 'cpuid' | 'ibc' | 'feat' | 'subfunc' | 'apInstructions' | 'hpage' | 'asyncDestroy';

type Details = { readonly [Each in Detail]: NonNullable<S390xHost[Each]> };

/**
 * The default machine: a z16, though its IBC and timing functions are no z16's; CPU features without nested virtualization (ESOP
 * alone); no AP instructions; the module options for large pages off, for asynchronous destruction on. These stand for what a record leaves out, so they
 * never change.
 */
export const DEFAULT_MACHINE = {
  cpuid: 0x0001_2abc_3931_8000n,
  ibc: 0x0021_0081,
  feat: [0],
  subfunc: SUBFUNC,
  apInstructions: false,
  hpage: false,
  asyncDestroy: true,
} as const;

/** TOD-clock functions of a machine with multiple epochs (PoP, "Perform Timing-Facility Function"). */
const TIMING = [0, 1, 2, 3, 4, 5, 10, 13, 64, 65, 66, 67, 69, 73, 77];

/**
 * The machine that new VMs get where a request leaves something open: a z16 whose IBC may be lowered to that of a zEC12. Other than the default
 * machine's, these details may change: the edge writes them into the command.
 */
export const MACHINE_TODAY: Details = {
  ...DEFAULT_MACHINE,
  feat: [...DEFAULT_MACHINE.feat],
  ibc: 0x0021_0061,
  subfunc: { ...SUBFUNC, ptff: hexOfBits(TIMING, SUBFUNC_SIZES.ptff) },
};

const merge = (details: Details, host: S390xHost): S390xHost & Details => {
  const given = Object.fromEntries(Object.entries(host).filter(([, value]) => value !== undefined));
  return { ...details, ...given } as S390xHost & Details;
};

/** A host profile with the details of today's machine where it has none. */
export const describedHost = (host: S390xHost): S390xHost & Details => merge(MACHINE_TODAY, host);

const whole = new WeakMap<S390xHost, S390xHost & Details>();

/** A host profile with the default machine's details where it has none. */
export function machineOf(host: S390xHost): S390xHost & Details {
  const machine = whole.get(host) ?? merge({ ...DEFAULT_MACHINE, feat: [...DEFAULT_MACHINE.feat] }, host);
  whole.set(host, machine);
  return machine;
}

/** Bits of uv_feat_guest, MSB-0 of 64: AP instructions and AP interrupts for protected guests. */
const UV_FEAT = { ap: 1n << 59n, apInterrupts: 1n << 58n } as const;

/** Facility 65: AP interrupts can be virtualised. */
export const AP_INTERRUPTS = 65;

/** Whether the machine can virtualise AP interrupts. */
export const hasApInterrupts = (host: S390xHost): boolean =>
  machineOf(host).apInstructions && host.facilities.includes(AP_INTERRUPTS);

/** The ultravisor's features for guests: AP and its interrupts, on a machine that has protected virtualization and them. */
export function uvFeatOf(host: S390xHost): bigint {
  if (!host.protectedVirtualization || !machineOf(host).apInstructions) return 0n;
  return hasApInterrupts(host) ? UV_FEAT.ap | UV_FEAT.apInterrupts : UV_FEAT.ap;
}

/** CPU features that KVM never offers: SKEY, CMMA, PFMFI, SIGPIF. */
const NEVER = new Set([9, 10, 11, 12]);

/** CPU features that VMs may have: MACHINE_FEAT. */
export const featOf = (host: S390xHost): number[] => machineOf(host).feat.filter((bit) => !NEVER.has(bit));

/** The facility that each block of query results comes with; those that are not here come with every machine. */
const SUBFUNC_FACILITY: { readonly [Block in SubfuncBlock]?: number } = {
  ptff: 28,
  kmac: 17,
  kmc: 17,
  km: 17,
  kimd: 17,
  klmd: 17,
  pckmo: 76,
  kmctr: 77,
  kmf: 77,
  kmo: 77,
  pcc: 77,
  ppno: 57,
  kma: 146,
  kdsa: 155,
  sortl: 150,
  dfltcc: 151,
  pfcr: 201,
};

/** The host's query results: blocks whose facility it lacks are zero, and so are the reserved bytes (kvm_s390_cpu_feat_init). */
export function subfuncOf(host: S390xHost): Subfunc {
  const blocks = Object.entries(machineOf(host).subfunc) as [SubfuncBlock, string][];
  const there = ([name]: readonly [SubfuncBlock, string]): boolean => {
    const facility = SUBFUNC_FACILITY[name];
    return name !== 'reserved' && (facility === undefined || host.facilities.includes(facility));
  };
  return Object.fromEntries(blocks.filter(there));
}
