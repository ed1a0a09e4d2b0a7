import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { isKeyName } from '../domain/audit/tlog/key.js';

/** Where the service listens and where its ledger is. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** What the log is called if it is new; after its key if absent. */
  readonly logOrigin?: string;
  /** A file that says which witnesses must cosign the log (C2SP tlog-policy); nobody if absent. */
  readonly witnessPolicy?: string;
}

/** The environment does not describe a service that may start. */
export class ConfigError extends Error {}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** An empty variable counts as absent, as in shells. */
const variable = (fallback: string) =>
  z
    .string()
    .default('')
    .transform((text) => (text === '' ? fallback : text));

const environment = z.object({
  PORT: variable('8086')
    .refine((text) => /^\d{1,5}$/.test(text) && Number(text) < 65536, 'must be a port number, 0 to 65535')
    .transform(Number),
  HOST: variable('127.0.0.1').refine(
    isLoopback,
    'must be a loopback address: the service has no authentication, so nothing but this machine may reach it',
  ),
  DATA_DIR: variable('./data'),
  LOG_ORIGIN: variable('').refine(
    (text) => text === '' || isKeyName(text),
    "must be a log's name, such as example.com/log: no spaces, no plus signs",
  ),
  WITNESS_POLICY: variable(''),
});

/**
 * Reads PORT (0: any free one), HOST, DATA_DIR, LOG_ORIGIN and WITNESS_POLICY.
 *
 * @throws ConfigError, which names every variable that is wrong
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const { data, error } = environment.safeParse(env);
  if (error) throw new ConfigError(error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
  return {
    port: data.PORT,
    host: data.HOST,
    dataDir: data.DATA_DIR,
    ...(data.LOG_ORIGIN !== '' && { logOrigin: data.LOG_ORIGIN }),
    ...(data.WITNESS_POLICY !== '' && { witnessPolicy: data.WITNESS_POLICY }),
  };
}
