import {
  allowIntrospection,
  hookIntrospection,
  preunhookIntrospection,
  unhookIntrospection,
} from '../introspection/channel.js';
import { replyToEvent } from '../introspection/reply.js';
import { toolCommand } from '../introspection/tool.js';
import type { Deciders } from '../vm/decider.js';
import type { X86Vm } from '../vm/state.js';
import { enableX86Cap } from './model/enable-cap.js';
import { x86Guest } from './guest/guest.js';
import { hypercall } from './hypercalls/hypercall.js';
import { getX86MpState, setX86MpState } from './vcpu/mp-state.js';
import { setX86Registers } from './vcpu/registers.js';
import { readMappings, translate2, translate2Batch, translateLegacy } from './paging/translate.js';
import { runX86Vcpu } from './guest/run.js';
import { destroyX86Vm, lendPage, losePages, returnPage, takeBackPages } from './hypercalls/sharing.js';

/** Who decides what x86_64 VMs alone know. */
export const x86Deciders = {
  set_x86_registers: setX86Registers,
  translate2,
  translate2_batch: translate2Batch,
  translate_legacy: translateLegacy,
  read_mappings: readMappings,
  enable_cap: enableX86Cap,
  x86_guest: x86Guest,
  x86_hypercall: hypercall,
  run_vcpu: runX86Vcpu,
  get_mp_state: getX86MpState,
  set_mp_state: setX86MpState,
  introspection_hook: hookIntrospection,
  introspection_unhook: unhookIntrospection,
  introspection_preunhook: preunhookIntrospection,
  introspection_allow: allowIntrospection,
  introspection_command: toolCommand,
  introspection_reply: replyToEvent,
  destroy_vm: destroyX86Vm,
  lend_page: lendPage,
  return_page: returnPage,
  lose_pages: losePages,
  take_back_pages: takeBackPages,
} as const satisfies Deciders<X86Vm>;
