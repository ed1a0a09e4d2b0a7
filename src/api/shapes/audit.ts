import { z } from 'zod';
import { MAX_NOTE } from '../../domain/audit/tlog/note.js';
import { queryInteger } from '../http/query-integer.js';

/** A record by its position, in a path. */
export const positionPath = z.strictObject({ position: queryInteger(1) });

/** A tile or an entry bundle, in a path below `tile/`. */
export const tilePathShape = z.strictObject({
  '*': z.string().meta({ description: 'level/index or entries/index, as tlog-tiles writes them: 0/x001/067.p/8' }),
});

export const consistencyQuery = z.strictObject({
  from: queryInteger(0).meta({ description: 'the size of the older tree' }),
  to: queryInteger(0)
    .optional()
    .meta({ description: 'the size of the younger tree; that of the checkpoint if absent' }),
});

export const cosignaturesBody = z.strictObject({
  checkpoint: z.string().max(MAX_NOTE).meta({ description: "a checkpoint of this log with witnesses' cosignatures" }),
});

export type PositionPath = z.output<typeof positionPath>;
export type TilePath = z.output<typeof tilePathShape>;
export type ConsistencyQuery = z.output<typeof consistencyQuery>;
export type CosignaturesBody = z.output<typeof cosignaturesBody>;

const hash = z.string().meta({ description: 'SHA-256 in base64' });
const treeSize = z.int().min(0);

/** A consistency proof as it is answered. */
export const consistencyShape = z
  .strictObject({
    from: z.strictObject({ size: treeSize, root: hash }),
    to: z.strictObject({ size: treeSize, root: hash }),
    proof: z.array(hash).meta({ description: 'RFC 6962, section 2.1.2' }),
  })
  .meta({ id: 'ConsistencyProof' });

/** What came of cosignatures. */
export const cosignedShape = z
  .strictObject({
    size: treeSize,
    witnesses: z.array(z.string()).meta({ description: 'the witnesses that cosigned this checkpoint, by key name' }),
    published: z.boolean().meta({ description: 'whether they are enough for it to be published' }),
  })
  .meta({ id: 'Cosigned' });
