/** A request that never becomes a command. */
export interface BadRequest {
  readonly method?: string;
  readonly path: string;
  /** JSON, or text or bytes as they are. */
  readonly body?: unknown;
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
  /** What the detail has to name. */
  readonly names: string;
}

export type BadRequests = readonly (readonly [string, BadRequest])[];

export const JSON_HEADERS = { 'content-type': 'application/json' };
export const OCTETS = { 'content-type': 'application/octet-stream' };
export const MEMOP = '/v1/vms/m/memop';
