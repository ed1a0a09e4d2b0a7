import { z } from 'zod';
import { interruptShape } from './interrupt.js';
import { answered, hex, located, pageShape } from './output.js';

const registers = z
  .strictObject({
    psw: z.strictObject({ mask: hex, addr: hex }),
    prefix: hex,
    gprs: z.array(hex).length(16),
    crs: z.array(hex).length(16),
    acrs: z.array(hex).length(16),
    fpc: z.int(),
    todpr: z.int(),
    cpuTimer: hex,
    clockComparator: hex,
    pp: hex,
    gbea: hex,
    pftoken: hex,
    pfcompare: hex,
    pfselect: hex,
    epochdiff: hex,
  })
  .meta({ id: 'S390xRegisterFile' });

const vcpu = {
  id: z.int(),
  mpState: z.string(),
  registers,
  pending: z
    .array(interruptShape)
    .meta({ description: 'local interruptions that wait for the next run, highest priority first' }),
};

/** A vCPU as it is answered. */
export const vcpuShape = z.strictObject({ ...vcpu, ...located }).meta({ id: 'Vcpu' });

export const vcpuPage = pageShape(z.strictObject(vcpu), located).meta({ id: 'VcpuPage' });

export const createdVcpu = answered({ id: z.int() }).meta({ id: 'CreatedVcpu' });
