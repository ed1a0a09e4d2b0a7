import type { Answer, Outcome } from '../../infra/machines/submission.js';
import { type Envelope, fieldsOf } from './answers.js';

/** What an answer can be made of: fields of JSON, octets, text. */
export type Body = Envelope | Buffer | string;

/** How the answer to a command looks. Of JSON these are the fields but for where it is recorded, which come last. */
export interface Presentation<Kind extends Body = Body> {
  readonly body: Kind;
  /** Beside those that every answer to a command has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Presents what came of a command that was not refused; its record has no position yet. */
export type Present<Kind extends Body = Body> = (outcome: Outcome) => Presentation<Kind>;

export const isJson = (body: Body): body is Envelope => typeof body === 'object' && !(body instanceof Uint8Array);

/** `ret`, `more`, and what the command answers. */
export const plainly =
  (more?: Envelope): Present<Envelope> =>
  (outcome) => ({ body: fieldsOf(outcome, more) });

/** The body as a handler returns it. */
export function bodyOf<Kind extends Body>({ body }: Presentation<Kind>, { version, position }: Answer): Kind {
  const made: Body = body;
  return (isJson(made) ? { ...made, version, position } : made) as Kind;
}
