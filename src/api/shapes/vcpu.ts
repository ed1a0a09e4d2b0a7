import { z } from 'zod';
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
  pending: z.array(z.strictObject({ type: z.string(), code: z.int(), transExcCode: hex.optional() })),
};

/** A vCPU as it is answered. */
export const vcpuShape = z.strictObject({ ...vcpu, ...located }).meta({ id: 'Vcpu' });

export const vcpuPage = pageShape(z.strictObject(vcpu), located).meta({ id: 'VcpuPage' });

export const createdVcpu = answered({ id: z.int() }).meta({ id: 'CreatedVcpu' });
