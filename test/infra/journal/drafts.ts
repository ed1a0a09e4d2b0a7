import type { BulkData, Draft, RecordIndex } from '../../../src/infra/journal/journal.js';

/** What of a draft a test cares about. */
export interface DraftChoice {
  readonly data?: readonly BulkData[];
  readonly index?: Partial<RecordIndex>;
  /** Stands in the record's text. */
  readonly text?: string;
}

/** A draft whose record is canonical JSON, as the service makes them. */
export function draft(vm: string, version: number, { data = [], index = {}, text = '' }: DraftChoice = {}): Draft {
  return {
    vm,
    version,
    head: `{"actor":"${text}","position":`,
    tail: `,"version":${version},"vm":"${vm}"}`,
    data,
    index: { type: 'mem_op', ret: 0, actor: 'alice', time: 1000 + version, ...index },
  };
}

/** A draft whose text says the same as its index. */
export function honest(vm: string, version: number, { index = {}, text = '' }: DraftChoice = {}): Draft {
  const { type = 'mem_op', ret = 0, actor = 'alice', time = 1000 + version } = index;
  const body = JSON.stringify({ actor, command: { type, text }, outcome: { ret }, time: new Date(time).toISOString() });
  const made = draft(vm, version, { index: { ...index, type, ret, actor, time } });
  return { ...made, head: `${body.slice(0, -1)},"position":` };
}

/** The text that the record of such a draft has at a position. */
export const textAt = (position: number, vm: string, version: number, text = ''): string =>
  `{"actor":"${text}","position":${position},"version":${version},"vm":"${vm}"}`;

export const bulk = (role: string, ...bytes: readonly number[]): BulkData => ({
  role,
  salt: new Uint8Array(32).fill(role.length),
  bytes: Uint8Array.from(bytes),
});
