import { hash, timingSafeEqual } from 'node:crypto';

/** What every token begins with, so that it is known for what it is wherever it turns up. */
export const TOKEN_PREFIX = 'vml_';

/** Random bytes of a token: the public part that it is looked up by, and the secret. */
const ID_BYTES = 6;
const SECRET_BYTES = 32;

/** What an actor is called whom a token stands for; no colon, which sets apart those of an identity provider. */
export const ACTOR = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/;

const TOKEN = /^vml_([0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

/** A token, and what of it is kept. */
export interface NewToken {
  readonly id: string;
  /** What its owner presents; it is not kept. */
  readonly token: string;
  readonly digest: Uint8Array;
}

/** Of 256 random bits one hash says nothing; a slow one would only slow down requests. */
const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');

export function newToken(random: (size: number) => Uint8Array): NewToken {
  const id = Buffer.from(random(ID_BYTES)).toString('hex');
  const token = `${TOKEN_PREFIX}${id}.${Buffer.from(random(SECRET_BYTES)).toString('base64url')}`;
  return { id, token, digest: digestOf(token) };
}

/** The public part of a token; undefined if it is none. */
export const idOf = (token: string): string | undefined => TOKEN.exec(token)?.[1];

/** Whether a token is the one of which this is the digest. */
export const isToken = (token: string, digest: Uint8Array): boolean => timingSafeEqual(digestOf(token), digest);
