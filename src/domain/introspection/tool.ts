import { type KvmiCommand, isKvmiCommand } from '../shapes/kvmi.js';
import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { refused } from '../vm/decision.js';
import type { X86Vm } from '../vm/state.js';
import { ALWAYS_ALLOWED } from './always-allowed.js';
import { INVALID, type Tool } from './tool-context.js';
import * as control from './tool-control.js';
import * as memory from './tool-memory.js';
import * as registers from './tool-registers.js';

/** How each command is carried out. */
const TOOLS: { readonly [Name in KvmiCommand]: Tool } = {
  get_version: control.getVersion,
  check_command: control.checkCommand,
  check_event: control.checkEvent,
  get_guest_info: control.getGuestInfo,
  control_vm_events: control.controlVmEvents,
  control_events: control.controlEvents,
  control_cleanup: control.controlCleanup,
  pause_vcpu: control.pauseVcpu,
  get_vcpu_info: registers.getVcpuInfo,
  get_registers: registers.getRegisters,
  set_registers: registers.setRegisters,
  get_cpuid: registers.getCpuid,
  read_physical: memory.readPhysical,
  write_physical: memory.writePhysical,
  get_page_access: memory.getPageAccess,
  set_page_access: memory.setPageAccess,
  control_cr: control.controlCr,
  control_msr: control.controlMsr,
  inject_exception: control.injectException,
  get_map_token: control.getMapToken,
};

/**
 * A command of the tool's (kvmi_msg_process): EFAULT without a channel, ENOSYS for a command that is not known, EPERM for one
 * that is not allowed, EINVAL for padding that is not 0; then what the command itself checks.
 */
export const toolCommand: Decider<'introspection_command', X86Vm> = (vm, asked) => {
  const { type, command, padding = 0n } = asked;
  const { introspection } = vm;
  const channel = introspection?.channel;
  const allowed = ALWAYS_ALLOWED.includes(command) || (channel?.commands.some((name) => name === command) ?? false);
  const known = isKvmiCommand(command);
  const verdict = consult(vm, { type, known, allowed, padding });
  if (verdict.refused) return refused(verdict.refused);
  return channel && known ? TOOLS[command]({ vm, introspection, channel }, asked) : INVALID;
};
