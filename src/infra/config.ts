import { isIPv4 } from 'node:net';
import { z } from 'zod';

/** Where the service listens and where its ledger is. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
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
});

/**
 * Reads PORT (0: any free one), HOST and DATA_DIR.
 *
 * @throws ConfigError, which names every variable that is wrong
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const { data, error } = environment.safeParse(env);
  if (error) throw new ConfigError(error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
  return { port: data.PORT, host: data.HOST, dataDir: data.DATA_DIR };
}
