import type { Errno } from '../../../src/domain/errno.js';
import type { Decision } from '../../../src/domain/vm/decision.js';
import type { Aarch64Vm } from '../../../src/domain/vm/state.js';
import { Machine, type MachineOptions } from './machine.js';

/** What SMCCC_RET_NOT_SUPPORTED is in x0, and small negative results beside it. */
export const negative = (result: number): bigint => BigInt.asUintN(64, BigInt(result));
export const NOT_SUPPORTED = negative(-1);
export const INVALID = negative(-2);

/** x0 to x3 of a reply. */
export interface Results {
  readonly x0: bigint;
  readonly x1: bigint;
  readonly x2: bigint;
  readonly x3: bigint;
}

/** An aarch64 VM with vCPU 0, that is given commands. */
export class Aarch64Machine extends Machine<Aarch64Vm> {
  constructor(options: MachineOptions = {}) {
    super({ arch: 'aarch64', ...options });
    this.vcpu(0);
  }

  /** KVM_SET_DEVICE_ATTR of the SMCCC filter. */
  filter(base: number, nrFunctions: number, action: unknown, pad?: string): Errno | number {
    return this.set('smccc_ctrl', 'smccc_filter', { base, nrFunctions, action, ...(pad !== undefined && { pad }) });
  }

  /** The guest of vCPU 0 makes a call, by HVC unless `more` says else. */
  call(functionId: bigint | number, args: readonly (bigint | number)[] = [], more: object = {}): Decision {
    return this.run({ type: 'smccc', vcpu: 0, conduit: 'hvc', functionId, args, ...more });
  }

  /** x0 to x3 after a call. */
  results(functionId: bigint | number, args: readonly (bigint | number)[] = [], more: object = {}): Results {
    return this.call(functionId, args, more).reply['registers'] as Results;
  }

  /** x0 after a call, once x1 to x3 are known to be 0. */
  x0(functionId: bigint | number, args: readonly (bigint | number)[] = [], more: object = {}): bigint {
    const { x0, ...rest } = this.results(functionId, args, more);
    expect(rest).toEqual({ x1: 0n, x2: 0n, x3: 0n });
    return x0;
  }

  mpState(vcpu: number, mpState: string | number): Errno | number {
    return this.answer({ type: 'set_mp_state', vcpu, mpState });
  }

  registers(vcpu: number, registers: object): Errno | number {
    return this.answer({ type: 'set_aarch64_registers', vcpu, registers });
  }

  enter(vcpu = 0): Errno | number {
    return this.answer({ type: 'run_vcpu', vcpu });
  }
}
