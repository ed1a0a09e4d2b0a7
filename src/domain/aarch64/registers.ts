import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import type { Event } from '../vm/facts/event.js';
import type { Aarch64Vm } from '../vm/state.js';
import { BITMAP_NAMES, type Firmware, firmwareOf } from './firmware.js';

/** Fields that may be missing. */
type Unset<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | undefined };

const REGISTERS = [...BITMAP_NAMES, 'psciVersion'] as const;

/** The pseudo-firmware registers that a request names, each with its value, in their order. */
const named = (asked: Unset<Firmware>): Partial<Firmware>[] =>
  REGISTERS.flatMap((name) => {
    const value = asked[name];
    return value === undefined ? [] : [{ [name]: value }];
  });

/** What of it is not so already. */
const changed = (asked: Partial<Firmware>, now: Firmware): Partial<Firmware> =>
  Object.fromEntries(Object.entries(asked).filter(([name, value]) => value !== now[name as keyof Firmware]));

/**
 * User space changes registers of a vCPU: KVM_SET_ONE_REG for each, effective at once. If one is refused, none is changed.
 * Pseudo-firmware registers are those of the VM (kvm_arm_set_fw_reg_bmap, kvm_arm_set_fw_reg): EINVAL for an unknown bit or
 * version, EBUSY for a change of a bitmap after a run. ENOENT: no such vCPU.
 */
export const setAarch64Registers: Decider<'set_aarch64_registers', Aarch64Vm> = (vm, { vcpu, registers: asked }) => {
  const { firmware: bitmaps, psciVersion, ...registers } = asked;
  const wanted = named({ ...bitmaps, psciVersion });
  const verdict = consult(vm, { type: 'set_registers' });
  if (verdict.refused) return refused(verdict.refused);
  if (!vm.vcpus.has(vcpu)) return refused('ENOENT');
  for (const firmware of wanted) {
    const { refused: errno } = consult(vm, { type: 'set_firmware', vcpu, firmware });
    if (errno) return refused(errno);
  }
  const firmware = changed(Object.assign({}, ...wanted) as Partial<Firmware>, firmwareOf(vm.firmware, vm.host));
  const facts: Event[] = [];
  if (Object.keys(registers).length > 0) facts.push({ type: 'aarch64_registers_set', vcpu, registers });
  if (Object.keys(firmware).length > 0) facts.push({ type: 'firmware_set', firmware });
  return done(facts);
};
