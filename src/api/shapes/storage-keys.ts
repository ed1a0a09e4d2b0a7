import { z } from 'zod';
import { bytes, u64 } from '../../domain/shapes/scalars.js';
import { getSkeys, keyop } from '../../domain/shapes/s390x-marks.js';
import { answered, base64 } from './output.js';

const { startGfn, count, flags } = getSkeys.shape;
const { op, gaddr, key } = keyop.shape;

export const storageKeysQuery = z.strictObject({ startGfn, count, flags });

export type StorageKeysQuery = z.output<typeof storageKeysQuery>;

export const storageKeysAnswer = answered({
  keys: base64.optional().meta({ description: 'a byte a page; absent while the guest uses no keys' }),
}).meta({ id: 'StorageKeys' });

/** The body that sets storage keys. */
export const storageKeysBody = z
  .strictObject({
    startGfn,
    count: u64.optional().meta({ description: 'the number of keys if absent' }),
    keys: bytes.optional().meta({ description: 'a byte a page; absent: a bad address' }),
    flags,
  })
  .meta({ id: 'SetStorageKeys' });

export type StorageKeysBody = z.output<typeof storageKeysBody>;

/** The body of KVM_S390_KEYOP. */
export const keyopBody = z.strictObject({ op, gaddr, key }).meta({ id: 'KeyOperation' });

export const keyopAnswer = answered({ key: z.int() }).meta({ id: 'KeyOperationAnswer' });
