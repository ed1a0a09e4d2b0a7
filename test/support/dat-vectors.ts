import { readFileSync } from 'node:fs';

/** Registers by number, as hex text. */
export type Registers = Readonly<Record<string, string>>;

/** One access and what a CPU did with it. */
export interface Case {
  readonly id: string;
  readonly access: 'read' | 'write' | 'fetch';
  readonly gva: string;
  readonly len: number;
  readonly cr?: Registers;
  readonly pswMask?: string;
  readonly expect: { pgm: number; abs?: string; teid?: string; parts?: [string, number][] };
}

/** Accesses on the same storage. */
export interface Group {
  readonly group: string;
  readonly memoryMiB: number;
  readonly facilities: number[];
  readonly image: { abs: string; hex?: string; fill?: string; count?: number }[];
  readonly vcpu: { pswMask: string; cr: Registers; prefix: string };
  readonly cases: Case[];
}

const file = new URL('../vectors/s390-dat.json', import.meta.url);

/** Accesses as QEMU's s390x CPU answered them. */
export const { groups } = JSON.parse(readFileSync(file, 'utf8')) as { groups: Group[] };
