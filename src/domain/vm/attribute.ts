import { z } from 'zod';
import type { Json } from '../digester.js';
import { ERRNO, type Errno } from '../errno.js';
import { words } from '../shapes/words.js';
import { consult } from './law/consult.js';
import { type Decision, type Reply, done, malformed, refused } from './decision.js';
import type { LawEvent } from './law/law.js';
import type { S390xVm, Vm } from './state.js';
import type { Tod } from '../s390x/model/tod.js';

/** A payload as the request's body gave it. */
export type Raw = Readonly<Record<string, Json>>;

/** What a call has beside group and payload. */
export interface Call {
  /** The attribute as it was named. */
  readonly attr: string | bigint;
  /** `flags` of struct kvm_device_attr. */
  readonly flags: number;
  /** The host's clock, for attributes that take it. */
  readonly hostTod?: Tod | undefined;
  /** SHA-256 of a new wrapping key, for attributes that take one. */
  readonly wrappingKey?: string | undefined;
}

/** A device attribute of a target, a VM or one of its vCPUs: one row of its group's table. A direction that a row does not have is ENXIO. */
export interface Attribute<Target = S390xVm> {
  readonly name: string;
  readonly number: bigint;
  /** The fields of what `addr` of struct kvm_device_attr points to; none if the attribute does not look at it. */
  readonly payload: z.ZodObject;
  /** KVM_SET_DEVICE_ATTR. */
  readonly set?: (target: Target, raw: Raw, call: Call) => Decision;
  /** KVM_GET_DEVICE_ATTR; the reply has the payload's fields. */
  readonly get?: (target: Target, call: Call) => Decision;
  /** KVM_HAS_DEVICE_ATTR: the errno, or undefined for 0. */
  readonly has: (target: Target) => Errno | undefined;
  /** What of the outside its calls take, which the edge puts into the command. */
  readonly takes?: Outer;
}

/** What of the outside an attribute can take: the host's clock, or the fingerprint of a random wrapping key. */
export type Outer = 'host_tod' | 'aes_wrapping_key' | 'dea_wrapping_key';

/** A group of device attributes. */
export interface AttributeGroup<Target = S390xVm> {
  readonly name: string;
  readonly number: number;
  readonly attributes: readonly Attribute<Target>[];
  /** Whether KVM_HAS_DEVICE_ATTR answers 0 for attribute numbers that no row has. */
  readonly hasEveryNumber: boolean;
  /** Stands for the attributes that no row has; without it they are ENXIO. */
  readonly others?: Attribute<Target>;
  /** Whether `others` stands for numbers alone: a name that no row has is ENXIO. */
  readonly othersByNumber?: true;
}

/** A row as it is written: `set` gets the payload that was read, or undefined where it cannot be read (a bad address). */
interface Row<Payload extends z.ZodObject, Target> extends Omit<Attribute<Target>, 'set'> {
  readonly payload: Payload;
  readonly set?: (target: Target, payload: z.output<Payload> | undefined, call: Call) => Decision;
}

/** The payload of attributes that have none. */
export const NO_PAYLOAD = z.strictObject({});

function malformedPayload(error: z.ZodError): Decision {
  const issue = error.issues[0];
  if (issue?.code === 'unrecognized_keys') return malformed(issue.keys[0] ?? 'payload', 'is not known here');
  return malformed(issue?.path.join('.') || 'payload', issue?.message ?? 'is not what the attribute takes');
}

/** A row of an attribute table. An empty body where there is a payload is the bad address; one of the wrong shape is malformed. */
export function attribute<Payload extends z.ZodObject, Target = S390xVm>({
  set,
  ...row
}: Row<Payload, Target>): Attribute<Target> {
  if (set === undefined) return row;
  const hasPayload = Object.keys(row.payload.shape).length > 0;
  const setRaw = (target: Target, raw: Raw, call: Call): Decision => {
    if (hasPayload && Object.keys(raw).length === 0) return set(target, undefined, call);
    const { data, error } = row.payload.safeParse(raw, { error: words });
    return error ? malformedPayload(error) : set(target, data, call);
  };
  return { ...row, set: setRaw };
}

/** A decision that is the chart's alone, with what is answered if it lets the command through. */
export function lawful(vm: Vm, event: LawEvent, reply: Reply = {}): Decision {
  const verdict = consult(vm, event);
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts, reply);
}

type Groups<Target> = readonly AttributeGroup<Target>[];

const groupOf = <Target>(groups: Groups<Target>, group: string | number): AttributeGroup<Target> | undefined =>
  groups.find(({ name, number }) => group === name || group === number);

const attributeOf = <Target>(
  group: AttributeGroup<Target> | undefined,
  attr: string | bigint,
): Attribute<Target> | undefined =>
  group?.attributes.find(({ name, number }) => attr === name || attr === number) ??
  (group?.othersByNumber && typeof attr === 'string' ? undefined : group?.others);

/** The attribute of a name or number in a group of a name or number, if there is one. */
export const findAttribute = <Target>(
  groups: Groups<Target>,
  group: string | number,
  attr: string | bigint,
): Attribute<Target> | undefined => attributeOf(groupOf(groups, group), attr);

/** KVM_HAS_DEVICE_ATTR: the errno, or undefined for 0. */
export function hasAttribute<Target>(
  groups: Groups<Target>,
  target: Target,
  group: string | number,
  attr: string | bigint,
): Errno | undefined {
  const known = groupOf(groups, group);
  const found = attributeOf(known, attr);
  if (found !== undefined) return found.has(target);
  return known?.hasEveryNumber && typeof attr === 'bigint' ? undefined : 'ENXIO';
}

/** What KVM_HAS_DEVICE_ATTR answers for an attribute that has a name. */
export interface ListedAttribute {
  readonly group: string;
  readonly attribute: string;
  readonly groupNumber: number;
  readonly attributeNumber: bigint;
  readonly ret: number;
  readonly errno?: Errno;
}

/** Every attribute of the groups that has a name, in order of numbers, with what HAS would answer. */
export const listAttributes = <Target>(groups: Groups<Target>, target: Target): ListedAttribute[] =>
  groups.flatMap((group) =>
    group.attributes.map(({ name, number, has }) => {
      const errno = has(target);
      const row = { group: group.name, attribute: name, groupNumber: group.number, attributeNumber: number };
      return errno ? { ...row, ret: -ERRNO[errno], errno } : { ...row, ret: 0 };
    }),
  );
