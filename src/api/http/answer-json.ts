import type { Json } from '../../domain/digester.js';
import { toJson } from '../../domain/json.js';

const encode = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** As `toJson`; Node's own base64, which answers 16 MiB in a fraction of the time. */
export const answerJson = (value: unknown): Json => toJson(value, encode);
