import type { UcasMapping } from '../../shapes/s390x-vcpu.js';
import { type Decision, refused } from '../../vm/decision.js';

/** Bytes of a segment: what UCAS mappings are multiples of. */
export const SEGMENT_SIZE = 1n << 20n;

const endOf = ({ vcpuAddr, length }: UcasMapping): bigint => vcpuAddr + length;

/** What is left of a mapping beside `[first, end)`. */
function beside(mapping: UcasMapping, first: bigint, end: bigint): UcasMapping[] {
  const { vcpuAddr, userAddr } = mapping;
  const before = { userAddr, vcpuAddr, length: first - vcpuAddr };
  const after = { userAddr: userAddr + (end - vcpuAddr), vcpuAddr: end, length: endOf(mapping) - end };
  if (endOf(mapping) <= first || vcpuAddr >= end) return [mapping];
  return [before, after].filter(({ length }) => length > 0n);
}

/** Mappings without the segments of `[vcpuAddr, vcpuAddr + length)`, ascending (gmap_ucas_unmap). */
export const withoutRange = (
  mappings: readonly UcasMapping[],
  { vcpuAddr, length }: Pick<UcasMapping, 'vcpuAddr' | 'length'>,
): readonly UcasMapping[] =>
  length === 0n ? mappings : mappings.flatMap((mapping) => beside(mapping, vcpuAddr, vcpuAddr + length));

/** Mappings with one more, in the place of what was there; ascending, joined where both sides follow each other (gmap_ucas_map). */
export function withMapping(mappings: readonly UcasMapping[], added: UcasMapping): readonly UcasMapping[] {
  if (added.length === 0n) return mappings;
  const all = [...withoutRange(mappings, added), added].sort((a, b) => (a.vcpuAddr < b.vcpuAddr ? -1 : 1));
  const joined: UcasMapping[] = [];
  for (const mapping of all) {
    const last = joined.at(-1);
    if (last && endOf(last) === mapping.vcpuAddr && last.userAddr + last.length === mapping.userAddr)
      joined[joined.length - 1] = { ...last, length: last.length + mapping.length };
    else joined.push(mapping);
  }
  return joined;
}

/** Where an address of the vCPU lies in the VMM's address space; undefined where nothing is mapped. */
export function userAddressOf(mappings: readonly UcasMapping[], address: bigint): bigint | undefined {
  const mapping = mappings.find((each) => each.vcpuAddr <= address && address < endOf(each));
  return mapping && mapping.userAddr + (address - mapping.vcpuAddr);
}

/** The code that tells user space of a segment which is not mapped. */
const SEGMENT_TRANSLATION = 0x10;

/** The exit for a segment that a UCONTROL vCPU has not mapped: EREMOTE, and what struct kvm_run tells of it (s390_ucontrol). */
export const segmentUnmapped = (address: bigint): Decision =>
  refused('EREMOTE', [], { exitReason: 's390_ucontrol', transExcCode: address, pgmCode: SEGMENT_TRANSLATION });
