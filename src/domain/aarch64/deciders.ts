import type { Deciders } from '../vm/decider.js';
import { noTranslation, noTranslationBatch } from '../vm/no-translation.js';
import type { Aarch64Vm } from '../vm/state.js';
import { getVcpuAttr, hasVcpuAttr, setVcpuAttr } from './attributes-vcpu.js';
import { getDeviceAttr, hasDeviceAttr, setDeviceAttr } from './attributes.js';
import { createVcpu } from './create-vcpu.js';
import { enableCap } from './enable-cap.js';
import { getMpState, setMpState } from './mp-state.js';
import { setAarch64Registers } from './registers.js';
import { runVcpu } from './run-vcpu.js';
import { smccc } from './smccc.js';

/** Who decides what aarch64 VMs alone know, or know otherwise. */
export const aarch64Deciders = {
  create_vcpu: createVcpu,
  set_aarch64_registers: setAarch64Registers,
  get_mp_state: getMpState,
  set_mp_state: setMpState,
  run_vcpu: runVcpu,
  smccc,
  set_device_attr: setDeviceAttr,
  get_device_attr: getDeviceAttr,
  has_device_attr: hasDeviceAttr,
  set_vcpu_attr: setVcpuAttr,
  get_vcpu_attr: getVcpuAttr,
  has_vcpu_attr: hasVcpuAttr,
  enable_cap: enableCap,
  translate2: noTranslation,
  translate2_batch: noTranslationBatch,
  translate_legacy: noTranslation,
} as const satisfies Deciders<Aarch64Vm>;
