import type { Json } from '../../domain/digester.js';
import { hex } from '../../domain/json.js';
import type { Interrupt } from '../../domain/shapes/s390x-interrupt.js';
import { PGM } from '../../domain/s390x/dat/program-exception.js';
import { firmwareOf } from '../../domain/aarch64/firmware.js';
import type { Aarch64Vcpu } from '../../domain/aarch64/vcpu.js';
import type { S390xVcpu } from '../../domain/s390x/vcpu/vcpu.js';
import { shownMemslot, shownS390xRegisters, shownX86Vcpu } from '../../domain/vm/shown.js';
import type { Aarch64Vm, Vm } from '../../domain/vm/state.js';
import type { X86Vcpu } from '../../domain/x86_64/vcpu/vcpu.js';
import { digester } from '../../infra/digester.js';
import type { Existing } from '../../infra/machines/machines.js';
import { answerJson } from '../http/answer-json.js';
import type { Envelope } from '../commands/answers.js';

/** With all names in order: what a client sent in another order is answered as it is read from the journal. */
const inOrder = (value: unknown): Json => JSON.parse(digester.canonical(answerJson(value))) as Json;

/** A VM as it is answered (contract, shapes), but for where it stands. */
export function vmFields({
  id,
  name,
  arch,
  vmType,
  semantics,
  ledger,
  regions,
  host,
  memory,
  vcpus,
  labels,
}: Vm): Envelope {
  const { createdAt, updatedAt, destroyedAt } = ledger;
  return answerJson({
    id,
    name,
    arch,
    type: vmType,
    semantics,
    createdAt,
    updatedAt,
    destroyedAt,
    state: regions,
    host: inOrder(host),
    memslots: memory.slots.map(shownMemslot).sort((a, b) => a.slot - b.slot),
    vcpus: [...vcpus.keys()].sort((a, b) => a - b),
    labels: inOrder(labels),
  }) as Envelope;
}

/** A VM as it is answered. */
export const vmView = ({ vm, version, position }: Existing): Envelope => ({ ...vmFields(vm), version, position });

const CODES_WITH_TEID: ReadonlySet<number> = new Set(
  Object.values(PGM).flatMap(({ code, teid }) => (teid ? [code] : [])),
);

/** What waits: of a program interruption the code and, where there is one, the TEID; of the others all that they have. */
function pendingView(waiting: Interrupt): object {
  if (waiting.type !== 'program_int') return waiting;
  const { type, code, transExcCode } = waiting;
  return { type, code, ...((CODES_WITH_TEID.has(code) || transExcCode !== 0n) && { transExcCode }) };
}

type Vcpu = S390xVcpu | X86Vcpu | Aarch64Vcpu;

/** The vCPUs of a VM. */
export const vcpusOf = ({ vcpus }: Vm): Vcpu[] => [...(vcpus as ReadonlyMap<number, Vcpu>).values()];

const s390xView = ({ id, mpState, registers, pending }: S390xVcpu) => ({
  id,
  mpState,
  registers: shownS390xRegisters(registers),
  pending: pending.map(pendingView),
});

/** With the pseudo-firmware registers, which are of the VM but read through any vCPU. */
function aarch64View({ firmware: set, host }: Aarch64Vm, { id, mpState, registers }: Aarch64Vcpu) {
  const { psciVersion, ...firmware } = firmwareOf(set, host);
  return { id, mpState, registers: { ...registers, firmware, psciVersion: hex(psciVersion) } };
}

function x86View(vcpu: X86Vcpu) {
  const { id, mpState, registers, waiting, interrupts } = shownX86Vcpu(vcpu);
  return { id, mpState, registers, waiting, interrupts };
}

function viewOf(vm: Vm, vcpu: Vcpu): object {
  if (vm.arch === 'aarch64') return aarch64View(vm, vcpu as Aarch64Vcpu);
  return 'pending' in vcpu ? s390xView(vcpu) : x86View(vcpu as X86Vcpu);
}

/** A vCPU of a VM as it is answered. */
export const vcpuView = (vm: Vm, vcpu: Vcpu): Envelope => answerJson(viewOf(vm, vcpu)) as Envelope;
