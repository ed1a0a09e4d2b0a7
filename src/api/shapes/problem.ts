import { z } from 'zod';
import { base64 } from './output.js';

const told = (description: string) => ({ description });

/** A problem as every operation answers it (RFC 9457), with every extension that the service has. */
export const problemShape = z
  .looseObject({
    type: z.string().meta(told('urn:vmledger:problem:, then the errno or the kind of problem')),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    errno: z.string().optional().meta(told('a refusal: the name of the errno')),
    ret: z.int().optional().meta(told('a refusal: the negative errno')),
    vm: z.string().optional(),
    version: z.int().optional(),
    position: z.int().optional().meta(told('a refusal: where in the journal it is recorded')),
    errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
    rc: z.int().optional().meta(told("a refused command of a protected VM: the ultravisor's return code")),
    rrc: z.int().optional().meta(told('its reason code')),
    swapped: z.boolean().optional().meta(told('a refused exchange: false')),
    oldData: base64.optional().meta(told('a refused exchange: what was given to be compared, as it was')),
    exitReason: z.string().optional().meta(told('EREMOTE: why the vCPU left, s390_ucontrol')),
    transExcCode: z.string().optional().meta(told('EREMOTE: the address that nothing is mapped at')),
    pgmCode: z.int().optional().meta(told('EREMOTE: the program interruption that it would be')),
    erasure: z.int().optional().meta(told('410: the position of the record that erased what was asked for')),
    fault: z.string().optional().meta(told('503 and 507: what is wrong with the journal')),
  })
  .meta({ id: 'Problem' });
