import { z } from 'zod';

/** How 64-bit quantities, addresses and registers are answered. */
export const hex = z
  .string()
  .regex(/^0x(?:0|[1-9a-f][0-9a-f]*)$/)
  .meta({ id: 'Hex', description: 'an unsigned number in lower-case hex, without leading zeros' });

/** How bytes are answered. */
export const base64 = z
  .string()
  .regex(/^[A-Za-z0-9+/]*={0,2}$/)
  .meta({ id: 'Base64', description: 'bytes in base64 (RFC 4648)', contentEncoding: 'base64' });

export const rfc3339 = z.iso.datetime().meta({ id: 'Time', description: 'RFC 3339, UTC' });

/** Where an answer stands in the ledger. */
export const located = {
  version: z.int().min(1).meta({ description: "the version of the VM's ledger" }),
  position: z.int().min(1).meta({ description: 'the position in the journal' }),
};

const ret = z.int().min(0).meta({ description: '0 done, positive a program interruption code' });

/** The answer to a command: what it answers beside `ret`, and where it is recorded. */
export const answered = <Fields extends z.ZodRawShape>(fields: Fields) =>
  z.strictObject({ ret, ...fields, ...located });

/** A page of a collection. */
export const pageShape = <Item extends z.ZodType, Fields extends z.ZodRawShape>(item: Item, fields: Fields) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z.string().optional().meta({ description: 'the cursor of the next page; absent at the end' }),
    ...fields,
  });

/** The answer to a command that says nothing beside `ret`. */
export const done = answered({}).meta({ id: 'Done' });

/** A program interruption. */
export const programException = z
  .strictObject({
    code: z.int(),
    name: z.string(),
    transExcCode: hex.optional(),
    excAccessId: z.int().optional(),
    injected: z.boolean().optional(),
  })
  .meta({ id: 'ProgramException' });

/** A refusal in the place of a batch item's answer. */
export const refusedItem = { ret: z.int(), errno: z.string().optional() };
