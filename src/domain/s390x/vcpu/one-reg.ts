import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, malformed, refused } from '../../vm/decision.js';
import type { S390xRegisterFile } from './vcpu.js';

/** Registers that are numbers by themselves. */
type Scalar =
  'todpr' | 'epochdiff' | 'cpuTimer' | 'clockComparator' | 'pftoken' | 'pfcompare' | 'pfselect' | 'pp' | 'gbea';

const U32 = 0x5020000000000000n;
const U64 = 0x5030000000000000n;

/** The registers of KVM_GET_ONE_REG and KVM_SET_ONE_REG by id: KVM_REG_S390, size and number (s390 uapi, KVM_REG_S390_*). */
export const ONE_REGS: ReadonlyMap<bigint, Scalar> = new Map([
  [U32 | 1n, 'todpr'],
  [U64 | 2n, 'epochdiff'],
  [U64 | 3n, 'cpuTimer'],
  [U64 | 4n, 'clockComparator'],
  [U64 | 5n, 'pftoken'],
  [U64 | 6n, 'pfcompare'],
  [U64 | 7n, 'pfselect'],
  [U64 | 8n, 'pp'],
  [U64 | 9n, 'gbea'],
]);

/**
 * KVM_GET_ONE_REG (api.rst 4.69; kvm_arch_vcpu_ioctl_get_one_reg). Reply: `value`. EINVAL for a protected vCPU and for an id that
 * names no register; ENOENT: no such vCPU.
 */
export const getOneReg: Decider<'get_one_reg'> = (vm, { vcpu: number, id }) => {
  const verdict = consult(vm, { type: 'one_reg', vcpu: number });
  const vcpu = vm.vcpus.get(number);
  if (verdict.refused) return refused(verdict.refused);
  const name = ONE_REGS.get(id);
  return vcpu && name ? done([], { value: BigInt(vcpu.registers[name]) }) : refused('EINVAL');
};

const changeOf = (name: Scalar, value: bigint): Partial<Pick<S390xRegisterFile, Scalar>> =>
  name === 'todpr' ? { todpr: Number(value) } : { [name]: value };

/** KVM_SET_ONE_REG (api.rst 4.68; kvm_arch_vcpu_ioctl_set_one_reg): as the above; EFAULT without a value. Any value is taken. */
export const setOneReg: Decider<'set_one_reg'> = (vm, { vcpu, id, value }) => {
  const verdict = consult(vm, { type: 'one_reg', vcpu });
  if (verdict.refused) return refused(verdict.refused);
  const name = ONE_REGS.get(id);
  if (name === undefined) return refused('EINVAL');
  if (value === undefined) return refused('EFAULT');
  if (name === 'todpr' && value > 0xffffffffn) return malformed('value', 'must fit in 32 bits');
  return done([{ type: 'registers_set', vcpu, registers: changeOf(name, value) }]);
};
