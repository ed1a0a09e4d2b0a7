import { z } from 'zod';
import { heldGuest } from './x86-guest.js';
import { runVcpu } from './s390x-vcpu.js';
import { hypercall } from './x86-hypercall.js';

/** What a vCPU that waits for the reply to an event was about to do. */
export const heldCommand = z.discriminatedUnion('type', [heldGuest, hypercall, runVcpu]);

export type HeldCommand = z.output<typeof heldCommand>;
