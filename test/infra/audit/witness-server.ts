import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseCheckpoint, signatureOf } from '../../../src/domain/audit/tlog/checkpoint.js';
import { fromBase64 } from '../../../src/domain/audit/tlog/base64.js';
import type { VerifierKey } from '../../../src/domain/audit/tlog/key.js';
import { signatureLine } from '../../../src/domain/audit/tlog/note.js';
import { type TreeHead, isConsistent } from '../../../src/domain/audit/tlog/proof-verify.js';
import { ed25519Verify } from '../../../src/infra/audit/ed25519.js';
import { digester } from '../../domain/support/test-digester.js';
import type { Signer } from '../../domain/support/tlog-keys.js';

/** A witness of its own (C2SP tlog-witness, "add-checkpoint"). */
export interface WitnessServer {
  readonly url: string;
  /** What it answered, by status. */
  readonly answers: number[];
  /** Whether it answers 500 instead of working. */
  failing: boolean;
  close(): Promise<void>;
}

export async function startWitness(log: () => VerifierKey, { sign }: Signer): Promise<WitnessServer> {
  let known: TreeHead = { size: 0, root: digester.sha256() };
  const answer = (body: string): [number, string] => {
    if (witness.failing) return [500, 'not today\n'];
    const [, old = '', lines = '', note = ''] = /^old (\d+)\n((?:\S+\n)*)\n([^]*)$/.exec(body) ?? [];
    const checkpoint = parseCheckpoint(note);
    if (!checkpoint || signatureOf(checkpoint, log(), ed25519Verify) !== 'valid') return [403, ''];
    if (Number(old) > checkpoint.size) return [400, ''];
    if (Number(old) !== known.size) return [409, `${known.size}\n`];
    const proof = lines
      .split('\n')
      .slice(0, -1)
      .map((line) => fromBase64(line) ?? new Uint8Array());
    if (!isConsistent(known, checkpoint, proof, digester)) return [422, ''];
    known = checkpoint;
    const seconds = BigInt(Math.floor(Date.now() / 1000));
    return [200, signatureLine(sign(checkpoint.note.text, seconds))];
  };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const [status, said] = request.url === '/w/add-checkpoint' ? answer(body) : ([404, ''] as [number, string]);
      witness.answers.push(status);
      response.writeHead(status).end(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const witness: WitnessServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/w`,
    answers: [],
    failing: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return witness;
}
