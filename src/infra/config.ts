import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { isKeyName } from '../domain/audit/tlog/key.js';
import { words } from '../domain/shapes/words.js';

/** How tokens of an identity provider are read (OpenID Connect, JWT). */
export interface OidcConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: URL;
  /** The claim that names the actor. */
  readonly actorClaim: string;
  /** The claim that lists roles; with dots for a claim within a claim. */
  readonly rolesClaim: string;
  /** The claim that lists labels, without which a token is not good; VMs are not limited by label if absent. */
  readonly labelsClaim: string | undefined;
}

/** Who may use the service. */
export interface AuthConfig {
  /** Whether tokens that `vmledger token` made are taken. */
  readonly tokens: boolean;
  readonly oidc: OidcConfig | undefined;
}

/** Where the service listens, where its ledger is, and who may use it. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** What the log is called if it is new; after its key if absent. */
  readonly logOrigin?: string;
  /** A file that says which witnesses must cosign the log (C2SP tlog-policy); nobody if absent. */
  readonly witnessPolicy?: string;
  /** Absent: whoever reaches the service is its operator. */
  readonly auth: AuthConfig | undefined;
  /** Most requests a minute of one actor; no limit if 0. */
  readonly rateLimit: number;
  readonly logLevel: LogLevel;
}

/** The environment does not describe a service that may start. */
export class ConfigError extends Error {}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether a host, a name or an address, is this machine itself. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** An empty variable counts as absent, as in shells. */
const variable = (fallback: string) =>
  z
    .string()
    .default('')
    .transform((text) => (text === '' ? fallback : text));

const optional = z
  .string()
  .default('')
  .transform((text) => (text === '' ? undefined : text));

const METHODS = ['tokens', 'oidc'] as const;

const methods = optional
  .transform((text) => (text === undefined ? [] : text.split(',').map((item) => item.trim())))
  .pipe(z.array(z.enum(METHODS, 'must be "tokens", "oidc" or both, comma between')));

/** Whoever can change the keys on their way can forge every token. */
const isSafe = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));

const jwksUrl = optional
  .refine((text) => text === undefined || URL.canParse(text), 'must be a URL')
  .transform((text) => (text === undefined ? undefined : new URL(text)))
  .refine((url) => url === undefined || isSafe(url), 'must be https, or http on loopback');

const OIDC_REQUIRED = ['OIDC_ISSUER', 'OIDC_AUDIENCE', 'OIDC_JWKS_URL'] as const;

const environment = z
  .object({
    PORT: variable('8086')
      .refine((text) => /^\d{1,5}$/.test(text) && Number(text) < 65536, 'must be a port number, 0 to 65535')
      .transform(Number),
    HOST: variable('127.0.0.1'),
    DATA_DIR: variable('./data'),
    LOG_ORIGIN: optional.refine(
      (text) => text === undefined || isKeyName(text),
      "must be a log's name, such as example.com/log: no spaces, no plus signs",
    ),
    WITNESS_POLICY: optional,
    AUTH: methods,
    OIDC_ISSUER: optional,
    OIDC_AUDIENCE: optional,
    OIDC_JWKS_URL: jwksUrl,
    OIDC_ACTOR_CLAIM: variable('sub'),
    OIDC_ROLES_CLAIM: variable('roles'),
    OIDC_LABELS_CLAIM: optional,
    RATE_LIMIT: variable('0')
      .refine((text) => /^\d{1,9}$/.test(text), 'must be a number of requests a minute, 0 for no limit')
      .transform(Number),
    LOG_LEVEL: variable('warn').pipe(z.enum(LOG_LEVELS)),
  })
  .check(({ value, issues }) => {
    const issue = (name: keyof typeof value, message: string) =>
      issues.push({ code: 'custom', input: value[name], path: [name], message });
    if (value.AUTH.length === 0 && !isLoopback(value.HOST))
      issue('HOST', 'must be a loopback address unless AUTH says who may use the service');
    if (!value.AUTH.includes('oidc') && value.OIDC_ISSUER !== undefined) issue('OIDC_ISSUER', 'needs AUTH=oidc');
    if (value.AUTH.includes('oidc'))
      for (const name of OIDC_REQUIRED) if (value[name] === undefined) issue(name, 'is required by AUTH=oidc');
  });

type Environment = z.output<typeof environment>;

function oidcOf(data: Environment): OidcConfig | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: url } = data;
  if (!data.AUTH.includes('oidc') || issuer === undefined || audience === undefined || url === undefined)
    return undefined;
  const claims = {
    actorClaim: data.OIDC_ACTOR_CLAIM,
    rolesClaim: data.OIDC_ROLES_CLAIM,
    labelsClaim: data.OIDC_LABELS_CLAIM,
  };
  return { issuer, audience, jwksUrl: url, ...claims };
}

/**
 * Reads PORT (0: any free one), HOST, DATA_DIR, LOG_ORIGIN, WITNESS_POLICY, AUTH, OIDC_*, RATE_LIMIT and LOG_LEVEL (docs/security.md).
 *
 * @throws ConfigError, which names every variable that is wrong
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const { data, error } = environment.safeParse(env, { error: words });
  if (error) throw new ConfigError(error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
  const auth = data.AUTH.length === 0 ? undefined : { tokens: data.AUTH.includes('tokens'), oidc: oidcOf(data) };
  const { PORT: port, HOST: host, DATA_DIR: dataDir, RATE_LIMIT: rateLimit, LOG_LEVEL: logLevel } = data;
  return {
    ...{ port, host, dataDir, auth, rateLimit, logLevel },
    ...(data.LOG_ORIGIN !== undefined && { logOrigin: data.LOG_ORIGIN }),
    ...(data.WITNESS_POLICY !== undefined && { witnessPolicy: data.WITNESS_POLICY }),
  };
}
