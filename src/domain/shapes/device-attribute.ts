import { z } from 'zod';
import { u32, u64, u8 } from './scalars.js';

/** A group or attribute: its name, or the ABI number. */
const named = <Width extends typeof u32 | typeof u64>(width: Width) =>
  z.union([z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a name or a number'), width]);

const address = { group: named(u32), attr: named(u64), flags: u32.default(0) };

/** The payload as the body gave it; which fields it must have is the attribute's business. No payload is a bad address (EFAULT). */
const payload = z.record(z.string(), z.json()).default({});

/** The host's TOD clock when the command was decided: a fact that the edge puts in. */
const hostTod = z.strictObject({ epochIdx: u8, tod: u64 }).optional();

/** SHA-256 of the random wrapping key that the edge made; the key itself is nowhere. */
const wrappingKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .optional();

/** KVM_SET_DEVICE_ATTR on the VM. */
export const setDeviceAttr = z.strictObject({
  type: z.literal('set_device_attr'),
  ...address,
  payload,
  hostTod,
  wrappingKey,
});

/** KVM_GET_DEVICE_ATTR on the VM. */
export const getDeviceAttr = z.strictObject({ type: z.literal('get_device_attr'), ...address, hostTod });

/** KVM_HAS_DEVICE_ATTR on the VM. */
export const hasDeviceAttr = z.strictObject({ type: z.literal('has_device_attr'), ...address });

const onVcpu = { vcpu: u32, ...address };

/** KVM_SET_DEVICE_ATTR on a vCPU. */
export const setVcpuAttr = z.strictObject({ type: z.literal('set_vcpu_attr'), ...onVcpu, payload });

/** KVM_GET_DEVICE_ATTR on a vCPU. */
export const getVcpuAttr = z.strictObject({ type: z.literal('get_vcpu_attr'), ...onVcpu });

/** KVM_HAS_DEVICE_ATTR on a vCPU. */
export const hasVcpuAttr = z.strictObject({ type: z.literal('has_vcpu_attr'), ...onVcpu });
