import type { CommandOf } from '../vm/command.js';
import { type Decision, refused } from '../vm/decision.js';
import type { X86Vm } from '../vm/state.js';
import type { X86Vcpu } from '../x86_64/vcpu/vcpu.js';
import type { Channel, Introspection } from './state.js';

export type ToolCommand = CommandOf<'introspection_command'>;

/** What a command of the tool's is about: the VM, whose channel is open. */
export interface Tooled {
  readonly vm: X86Vm;
  readonly introspection: Introspection;
  readonly channel: Channel;
}

/** How a command is carried out once it is known and allowed and its padding is 0. */
export type Tool = (at: Tooled, command: ToolCommand) => Decision;

export const INVALID: Decision = refused('EINVAL');

/** A flag of the ABI's: 0 or 1; anything else is no flag. */
export const isFlag = (value: number | undefined): boolean => value === undefined || value === 0 || value === 1;

/** How a command on a vCPU is carried out. */
export type VcpuTool = (at: Tooled, command: ToolCommand, vcpu: X86Vcpu) => Decision;

/**
 * A command on the vCPU that it names: EINVAL if there is none, EAGAIN if it was not started and waits for no reply
 * (vcpu_can_handle_messages).
 */
export const onVcpu =
  (tool: VcpuTool): Tool =>
  (at, command) => {
    const vcpu = command.vcpu === undefined ? undefined : at.vm.vcpus.get(command.vcpu);
    if (vcpu === undefined) return INVALID;
    const ready = vcpu.mpState !== 'uninitialized' || vcpu.waiting !== undefined;
    return ready ? tool(at, command, vcpu) : refused('EAGAIN');
  };
