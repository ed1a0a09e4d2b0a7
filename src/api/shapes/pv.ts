import { z } from 'zod';
import { pvCommand, pvCpuCommand } from '../../domain/shapes/s390x-pv.js';
import { answered, base64, hex } from './output.js';

/** Without `command` the body must be empty: then the kernel's structure is a bad address. */
const wholeOrNothing = (body: { readonly command?: unknown }): boolean =>
  body.command !== undefined || Object.keys(body).every((field) => ['ultravisor', 'host'].includes(field));

const COMMAND_MISSING = { path: ['command'], message: 'is required' };

/** The body of KVM_S390_PV_COMMAND. */
export const pvBody = pvCommand.omit({ type: true }).refine(wholeOrNothing, COMMAND_MISSING).meta({ id: 'PvCommand' });

/** The body of KVM_S390_PV_CPU_COMMAND. */
export const pvCpuBody = pvCpuCommand
  .omit({ type: true, vcpu: true })
  .refine(wholeOrNothing, COMMAND_MISSING)
  .meta({ id: 'PvCpuCommand' });

export type PvBody = z.output<typeof pvBody>;
export type PvCpuBody = z.output<typeof pvCpuBody>;

const status = {
  rc: z.int().meta({ description: 'the return code of the ultravisor, 0 where it was not called' }),
  rrc: z.int().meta({ description: 'the reason code of the ultravisor' }),
};

const data = base64.optional().meta({ description: 'what is written to the buffer; of info, what follows the header' });

export const pvAnswer = answered({
  ...status,
  id: z.int().optional(),
  lenMax: z.int().optional(),
  lenWritten: z.int().optional(),
  gaddr: hex.optional(),
  data,
}).meta({ id: 'PvAnswer' });

export const pvCpuAnswer = answered({ ...status, data }).meta({ id: 'PvCpuAnswer' });
