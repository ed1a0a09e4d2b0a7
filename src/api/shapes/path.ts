import { z } from 'zod';
import { vmId } from '../../domain/shapes/create-vm.js';
import { vcpuId } from '../../domain/shapes/memory.js';
import { u32 } from '../../domain/shapes/scalars.js';

/** Paths below a VM, a vCPU and a memory slot. */
export const vmPath = z.strictObject({ vm: vmId });
export const vcpuPath = z.strictObject({ vm: vmId, vcpu: vcpuId });
export const slotPath = z.strictObject({ vm: vmId, slot: u32 });

export const replayPath = z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'must be the id of a replay') });

export const webhookPath = z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'must be the id of a webhook') });

export type VmPath = z.output<typeof vmPath>;
export type VcpuPath = z.output<typeof vcpuPath>;
export type SlotPath = z.output<typeof slotPath>;
export type ReplayPath = z.output<typeof replayPath>;
export type WebhookPath = z.output<typeof webhookPath>;

/** The query, and the body, of an operation that has none. */
export const noQuery = z.strictObject({});
export const noBody = z.strictObject({});
