import {
  type FloatingInterrupt,
  type FloatingOf,
  type FloatingRequest,
  IO_TYPE_MAX,
} from '../../shapes/s390x-floating.js';

/** Bits of a service interruption's parameter: the address of the SCCB that was answered, and pending events. */
const SCCB = 0xfffffff8;
const EVENTS = 0x3;

/** The bit of an I/O interruption's type that says adapter interruption (KVM_S390_INT_IO_AI_MASK). */
const ADAPTER = 0x04000000;

/** The channel-report bit of CR14, the one subclass of floating machine checks (CR_PENDING_SUBCLASS). */
const CHANNEL_REPORT = 1n << 28n;

/** How many of a type may wait (KVM_S390_MAX_VIRTIO_IRQS, ASYNC_PF_PER_VCPU for each of 255 vCPUs, KVM_S390_MAX_FLOAT_IRQS). */
const MOST: { readonly [Type in FloatingInterrupt['type']]?: number } = {
  int_virtio: 87381,
  pfault_done: 64 * 255,
  int_io: 266250,
};

type Waiting = readonly FloatingInterrupt[];

/** The I/O-interruption subclass, 0 to 7, of an interruption-identification word. */
export const subclassOf = ({ ioIntWord }: FloatingOf<'int_io'>): number => (ioIntWord >>> 27) & 7;

/** What struct kvm_s390_interrupt asks for on a VM (kvm_s390_inject_vm); undefined for types that no VM has. */
export function floatingOf({ type, parm, parm64 }: FloatingRequest): FloatingInterrupt | undefined {
  const io = typeof type === 'number' ? type : 0;
  switch (type) {
    case 'int_service':
      return { type, extParams: parm, sccb: false, event: false };
    case 'int_virtio':
      return { type, extParams: parm, extParams2: parm64 };
    case 'pfault_done':
      return { type, extParams2: parm64 };
    case 'mchk':
      return { type, cr14: BigInt(parm) & CHANNEL_REPORT, mcic: parm64 };
    default:
      if (io > IO_TYPE_MAX) return undefined;
      return {
        type: 'int_io',
        adapter: (io & ADAPTER) !== 0,
        subchannelId: parm >>> 16,
        subchannelNr: parm & 0xffff,
        ioIntParm: Number(parm64 >> 32n),
        ioIntWord: Number(parm64 & 0xffffffffn),
      };
  }
}

/** Whether as many of an interruption's type wait as may (__inject_virtio, __inject_pfault_done, __inject_io). */
export function isFull(waiting: Waiting, { type }: FloatingInterrupt): boolean {
  const most = MOST[type];
  return most !== undefined && waiting.length >= most && waiting.filter((each) => each.type === type).length >= most;
}

const find = <Type extends FloatingInterrupt['type']>(waiting: Waiting, type: Type): FloatingOf<Type> | undefined =>
  waiting.find((each): each is FloatingOf<Type> => each.type === type);

/** Events add up; of answers only the first counts while it waits (__inject_service). */
function mergedService(before: FloatingOf<'int_service'> | undefined, parm: number): FloatingOf<'int_service'> {
  const { extParams: had = 0, sccb = false } = before ?? {};
  const events = (had | parm) & EVENTS;
  const answered = had & SCCB;
  const extParams = (events | (answered === 0 ? parm & SCCB : answered)) >>> 0;
  return { type: 'int_service', extParams, sccb: sccb || answered === 0, event: events !== 0 };
}

/** What waits in the place of `added` and of what it is merged with (__inject_vm). */
export function mergedFloating(waiting: Waiting, added: FloatingInterrupt): FloatingInterrupt {
  if (added.type === 'int_service') return mergedService(find(waiting, 'int_service'), added.extParams);
  if (added.type !== 'mchk') return added;
  const before = find(waiting, 'mchk');
  return { type: 'mchk', cr14: added.cr14 | (before?.cr14 ?? 0n), mcic: added.mcic | (before?.mcic ?? 0n) };
}

const isSingle = ({ type }: FloatingInterrupt): boolean => type === 'int_service' || type === 'mchk';

/** The list with an interruption at its end or, if there is only ever one of it, in the place of that. */
export const withFloating = (waiting: Waiting, added: FloatingInterrupt): Waiting =>
  isSingle(added) ? [...waiting.filter(({ type }) => type !== added.type), added] : [...waiting, added];

/** What waits of a service interruption once its events were delivered; with the answer the events go, too. */
const withoutEvents = ({ extParams, sccb }: FloatingOf<'int_service'>): Waiting =>
  sccb ? [{ type: 'int_service', extParams: (extParams & ~EVENTS) >>> 0, sccb, event: false }] : [];

const isTaken = (each: FloatingInterrupt, taken: FloatingInterrupt): boolean =>
  each.type === taken.type &&
  (each.type !== 'int_io' || taken.type !== 'int_io' || subclassOf(each) === subclassOf(taken));

/** The list without the first interruption that `taken` stands for. */
export function withoutFloating(waiting: Waiting, taken: FloatingInterrupt): Waiting {
  const at = waiting.findIndex((each) => isTaken(each, taken));
  const found = waiting[at];
  if (found === undefined) return waiting;
  const rest = found.type === 'int_service' && taken.type === 'int_service' && taken.event ? withoutEvents(found) : [];
  return [...waiting.slice(0, at), ...rest, ...waiting.slice(at + 1)];
}

/** What of the floating interruptions can be delivered next, one of each kind: the masks of vCPUs are not looked at. */
export function heads(waiting: Waiting, answersMasked: boolean): Waiting {
  const service = find(waiting, 'int_service');
  const event = service?.event ? [{ ...service, extParams: service.extParams & EVENTS, sccb: false }] : [];
  const answer = service?.sccb && !answersMasked ? [{ ...service, event: false }] : [];
  const seen = new Set<string>();
  const firsts = waiting.filter((each) => {
    if (each.type === 'int_service') return false;
    const kind = each.type === 'int_io' ? `${each.type}${subclassOf(each)}` : each.type;
    return !seen.has(kind) && seen.add(kind);
  });
  return [...event, ...answer, ...firsts];
}
