import { z } from 'zod';
import { WEBHOOK_STATES } from '../../infra/webhooks/webhook.js';
import { journalFilter } from './journal.js';
import { hex, rfc3339, pageShape } from './output.js';

const MOST_URL = 2048;

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:']);

const parsed = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** What a URL is read without, but would be shown with. */
const BLANK = /[\s\p{Cc}]/u;

/** Where deliveries go. What stands in it is shown to whoever may read webhooks, so it holds no password. */
const target = z
  .string()
  .max(MOST_URL)
  .refine((text) => SCHEMES.has(parsed(text)?.protocol ?? ''), { error: 'must be an http or https URL', abort: true })
  .refine(
    (text) => parsed(text)?.username === '' && parsed(text)?.password === '',
    'must not hold a user or a password',
  )
  .refine((text) => parsed(text)?.hash === '', 'must not have a fragment')
  .refine((text) => !BLANK.test(text), 'must not hold spaces or line breaks')
  .meta({ format: 'uri', description: 'an http or https URL, without user and password; redirects are not followed' });

const position = z.int().min(0);

const settings = {
  url: target,
  description: z.string().max(255).optional(),
  filter: journalFilter.meta({ description: 'the records that are delivered: as in GET /v1/journal' }),
  maxAttempts: z.int().min(1).max(100).meta({ description: 'attempts at one record, after which the webhook is dead' }),
  timeoutSeconds: z.int().min(1).max(30).meta({ description: 'how long an attempt may take' }),
};

/** The body that makes a webhook. */
export const createWebhookBody = z
  .strictObject({
    ...settings,
    filter: settings.filter.default({}),
    maxAttempts: settings.maxAttempts.default(20),
    timeoutSeconds: settings.timeoutSeconds.default(15),
    after: position.optional().meta({ description: 'records after this position; those to come if absent' }),
  })
  .meta({ id: 'CreateWebhook' });

/** The body that changes one: what is in it replaces what there was. */
export const changeWebhookBody = z.strictObject(settings).partial().meta({ id: 'ChangeWebhook' });

/** The body that resumes one. */
export const resumeWebhookBody = z
  .strictObject({
    after: position.optional().meta({ description: 'records after this position; from where it stopped if absent' }),
  })
  .meta({ id: 'ResumeWebhook' });

export type CreateWebhookBody = z.output<typeof createWebhookBody>;
export type ChangeWebhookBody = z.output<typeof changeWebhookBody>;
export type ResumeWebhookBody = z.output<typeof resumeWebhookBody>;

const filterShape = z
  .strictObject({
    vm: z.string(),
    type: z.string(),
    outcome: z.enum(['done', 'refused']),
    actor: z.string(),
    from: rfc3339,
    to: rfc3339,
    gpa: hex,
    size: hex,
  })
  .partial()
  .meta({ id: 'JournalFilter' });

const failure = z
  .strictObject({
    position: z.int().meta({ description: 'the record that could not be delivered' }),
    attempts: z.int(),
    at: rfc3339.meta({ description: 'of the last attempt' }),
    reason: z.string(),
    status: z.int().optional().meta({ description: 'of the answer to it' }),
    retryAt: rfc3339.optional().meta({ description: 'absent if it is not tried again' }),
  })
  .meta({ id: 'WebhookFailure' });

const representation = {
  id: z.string(),
  url: z.string(),
  description: z.string().optional(),
  filter: filterShape,
  maxAttempts: z.int(),
  timeoutSeconds: z.int(),
  createdAt: rfc3339,
  maker: z
    .strictObject({
      actor: z.string(),
      labels: z.array(z.string()).meta({ description: 'records of VMs that have all of these are delivered' }),
    })
    .meta({ id: 'WebhookMaker' }),
  state: z.enum(WEBHOOK_STATES).meta({ description: 'active, retrying, or dead: it has to be resumed' }),
  cursor: z.int().meta({ description: 'the last position that was delivered, or did not match' }),
  failure: failure.optional(),
};

/** A webhook as it is answered. */
export const webhookShape = z.strictObject(representation).meta({ id: 'Webhook' });

export const createdWebhook = z
  .strictObject({
    ...representation,
    secret: z.string().meta({ description: 'what deliveries are signed with; shown only here' }),
  })
  .meta({ id: 'CreatedWebhook' });

export const webhookPage = pageShape(webhookShape, {}).meta({ id: 'WebhookPage' });
