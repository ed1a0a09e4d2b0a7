import { createRequire } from 'node:module';
import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { parseCheckpoint, signatureOf } from '../../src/domain/audit/tlog/checkpoint.js';
import { entriesOf } from '../../src/domain/audit/tlog/entry-bundle.js';
import { fromBase64 } from '../../src/domain/audit/tlog/base64.js';
import { type VerifierKey, keyText, parseKey } from '../../src/domain/audit/tlog/key.js';
import { leafHashOf, sameBytes } from '../../src/domain/audit/tlog/merkle.js';
import { noteText } from '../../src/domain/audit/tlog/note.js';
import { parsePolicy } from '../../src/domain/audit/tlog/policy.js';
import { isConsistent, rootOfInclusion } from '../../src/domain/audit/tlog/proof-verify.js';
import { type Tile, tilePath, tilesOf } from '../../src/domain/audit/tlog/tile.js';
import { type TlogProof, parseTlogProof } from '../../src/domain/audit/tlog/tlog-proof.js';
import { TreeBuilder } from '../../src/domain/audit/tlog/tree-builder.js';
import { ed25519Verify } from '../../src/infra/audit/ed25519.js';
import { mth } from '../domain/audit/tlog/naive.js';
import { digester } from '../domain/support/test-digester.js';
import { signer } from '../domain/support/tlog-keys.js';
import { Api } from './support/api.js';

/** What of @sigstore/verify is used: checkpoints and inclusion proofs, as it checks those of Rekor. */
interface Sigstore {
  verifyTLogInclusion(entry: object, authorities: readonly object[]): void;
}
const sigstore = createRequire(import.meta.url)('@sigstore/verify/dist/tlog/index.js') as Sigstore;

const LOG = '/v1/audit/log';
const RECORDS = 700;

let api: Api;
let key: VerifierKey;
/** The records' bytes, by position less 1. */
let entries: Uint8Array[];

const text = async (path: string): Promise<string> => (await api.raw('GET', path)).text();
const octets = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await api.raw('GET', path)).arrayBuffer());

beforeAll(async () => {
  api = await Api.start();
  await api.machine('m');
  const write = (i: number) => ({ op: 'absolute_write', gaddr: 8 * i, size: 1, data: 'AA==' });
  for (let i = 0; i < RECORDS - 3; i += 50)
    await Promise.all(
      Array.from({ length: Math.min(50, RECORDS - 3 - i) }, (_, j) =>
        api.done('POST', '/v1/vms/m/memop', write(i + j)),
      ),
    );
  await api.signed(RECORDS);
  key = parseKey((await text(`${LOG}/key`)).trim(), digester) as VerifierKey;
  entries = (await api.service.journal.read({ after: 0, limit: 10_000 })).map(({ bytes }) => bytes);
}, 60_000);
afterAll(() => api.close());

const leaves = (size = entries.length): Uint8Array[] =>
  entries.slice(0, size).map((entry) => leafHashOf(entry, digester));

const proofOf = async (position: number): Promise<TlogProof> =>
  parseTlogProof(await text(`/v1/audit/proofs/${position}`)) as TlogProof;

describe('the published checkpoint', () => {
  it('is signed by the key that is shown, and has the root of the records', async () => {
    const response = await api.raw('GET', `${LOG}/checkpoint`);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const checkpoint = parseCheckpoint(await response.text());
    if (checkpoint === undefined) throw new Error('not a checkpoint');
    expect(checkpoint).toMatchObject({ origin: key.name, size: RECORDS });
    expect(signatureOf(checkpoint, key, ed25519Verify)).toBe('valid');
    expect(Buffer.compare(checkpoint.root, mth(leaves()))).toBe(0);
    expect(await text(`${LOG}/checkpoint/newest`)).toBe(noteText(checkpoint.note));
  });
});

describe('tiles', () => {
  it('are all that a client needs to make the tree of the checkpoint', async () => {
    const tree = new TreeBuilder(digester);
    for (const tile of tilesOf('entries', RECORDS)) {
      const found = entriesOf(await octets(`${LOG}/${tilePath(tile)}`)) ?? [];
      expect(found).toHaveLength(tile.width);
      const hashes = found.map((entry) => leafHashOf(entry, digester));
      hashes.forEach((hash) => tree.push(hash));
      const level0 = await octets(`${LOG}/${tilePath({ ...tile, level: 0 })}`);
      expect(Buffer.compare(level0, Buffer.concat(hashes))).toBe(0);
    }
    expect(sameBytes(tree.root(), mth(leaves()))).toBe(true);
    const level1 = await octets(`${LOG}/tile/1/000.p/2`);
    expect(sameBytes(level1, Buffer.concat([mth(leaves(256)), mth(leaves(512).slice(256))]))).toBe(true);
  });

  it.each<[string, Tile]>([
    ['a partial tile that is full by now', { level: 0, index: 0, width: 7 }],
    ['a partial bundle that is full by now', { level: 'entries', index: 1, width: 200 }],
  ])('stay: %s', async (_, tile) => {
    const bytes = await octets(`${LOG}/${tilePath(tile)}`);
    const whole = await octets(`${LOG}/${tilePath({ ...tile, width: 256 })}`);
    expect(Buffer.compare(bytes, whole.subarray(0, bytes.length))).toBe(0);
    expect(bytes.length).toBeLessThan(whole.length);
  });

  it('may be kept for ever, and entries come compressed to who wants them so', async () => {
    const plain = await api.raw('GET', `${LOG}/tile/entries/000`, undefined, { 'accept-encoding': 'identity' });
    const zipped = await api.raw('GET', `${LOG}/tile/entries/000`, undefined, { 'accept-encoding': 'br, gzip' });
    const refused = await api.raw('GET', `${LOG}/tile/entries/000`, undefined, { 'accept-encoding': 'gzip;q=0' });
    const hashes = await api.raw('GET', `${LOG}/tile/0/000`, undefined, { 'accept-encoding': 'gzip' });
    expect([plain, zipped, refused, hashes].map(({ headers }) => headers.get('content-encoding'))).toEqual([
      null,
      'gzip',
      null,
      null,
    ]);
    for (const { headers } of [plain, hashes])
      expect([headers.get('cache-control'), headers.get('content-type')]).toEqual([
        'private, max-age=31536000, immutable',
        'application/octet-stream',
      ]);
    expect(plain.headers.get('vary')).toBe('accept-encoding');
    expect(Buffer.from(await zipped.arrayBuffer()).equals(Buffer.from(await plain.arrayBuffer()))).toBe(true);
  });

  it.each([
    '0/002',
    '0/002.p/189',
    '0/003.p/1',
    '1/000',
    '1/000.p/3',
    '2/000.p/1',
    'entries/002.p/189',
    'entries/x001/000',
    '0/0',
    '0/000.p/0',
    'x/000',
    '0/000/',
  ])('%s is none', async (path) => {
    const response = await api.raw('GET', `${LOG}/tile/${path}`);
    expect(response.status).toBe(404);
  });
});

describe('a proof of consistency', () => {
  it('shows that the log only grew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(RECORDS), fc.nat(RECORDS), async (a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const body = await api.done('GET', `${LOG}/consistency?from=${from}&to=${to}`);
        const { proof } = body as { proof: string[] };
        const heads = [from, to].map((size) => ({ size, root: mth(leaves(size)) }));
        expect(body).toMatchObject({ from: { size: from }, to: { size: to } });
        const hashes = proof.map((hash) => fromBase64(hash) as Uint8Array);
        expect(isConsistent(heads[0] as never, heads[1] as never, hashes, digester)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('leads to the checkpoint if it is not said where', async () => {
    expect(await api.done('GET', `${LOG}/consistency?from=5`)).toMatchObject({ to: { size: RECORDS } });
  });

  it.each<[string, number, string]>([
    ['', 400, 'from'],
    ['?from=6&to=5', 400, 'from'],
    [`?from=1&to=${RECORDS + 1}`, 404, 'to'],
    ['?from=-1', 400, 'from'],
    ['?from=1&until=5', 400, 'until'],
  ])('is not answered for %s', async (query, status, names) => {
    const answer = await api.call('GET', `${LOG}/consistency${query}`);
    expect(answer).toMatchObject({ status, body: { detail: expect.stringContaining(names) as string } });
  });
});

describe('a proof of one record', () => {
  it.each([1, 2, 256, 257, 512, 513, RECORDS])(
    '%i is a tlog-proof@v1 file that leads to a checkpoint',
    async (position) => {
      const proof = await proofOf(position);
      expect(proof.index).toBe(position - 1);
      const checkpoint = parseCheckpoint(proof.checkpoint);
      if (checkpoint === undefined) throw new Error('not a checkpoint');
      expect(signatureOf(checkpoint, key, ed25519Verify)).toBe('valid');
      const claim = { index: proof.index, size: checkpoint.size, leafHash: leaves()[position - 1] as Uint8Array };
      const root = rootOfInclusion(claim, proof.hashes, digester);
      expect(root && sameBytes(root, checkpoint.root)).toBe(true);
    },
  );

  it('comes right after the record', async () => {
    // It waits for the checkpoint; here for as long as it takes.
    const fresh = await Api.start({}, {}, (service) => {
      const { log } = service;
      const covering = (size: number, patience: number) => log.covering(size, 10 * patience);
      const patient = new Proxy(log, {
        get: (_, name) => (name === 'covering' ? covering : (Reflect.get(log, name) as unknown)),
      });
      return { ...service, log: patient };
    });
    const { position } = await fresh.done('POST', '/v1/vms', { id: 'x', arch: 's390x' });
    const response = await fresh.raw('GET', `/v1/audit/proofs/${String(position)}`);
    expect(response.status).toBe(200);
    expect(parseTlogProof(await response.text())).toMatchObject({ index: 0, hashes: [] });
    await fresh.close();
  });

  it.each([
    ['0', 400],
    ['x', 400],
    [String(RECORDS + 1), 404],
  ])('is not answered for position %s', async (position, status) => {
    expect(await api.call('GET', `/v1/audit/proofs/${position}`)).toMatchObject({ status });
  });
});

describe('@sigstore/verify', () => {
  const spki = (publicKey: Uint8Array) =>
    createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]),
      format: 'der',
      type: 'spki',
    });

  /** Whether it accepts that these bytes are in the log. */
  function accepts(bytes: Uint8Array, { index, hashes, checkpoint }: TlogProof, by = key): boolean {
    const inclusionProof = {
      logIndex: String(index),
      hashes: hashes.map((hash) => Buffer.from(hash)),
      checkpoint: { envelope: checkpoint },
    };
    const authority = { logID: Buffer.from(by.id), publicKey: spki(by.publicKey), baseURL: `https://${by.name}` };
    try {
      sigstore.verifyTLogInclusion({ canonicalizedBody: Buffer.from(bytes), inclusionProof }, [authority]);
      return true;
    } catch {
      return false;
    }
  }

  const positions = [1, 2, 3, 255, 256, 257, 400, 511, 512, 513, 600, RECORDS - 1, RECORDS];

  it.each(positions)('accepts the proof of record %i, and rejects it once it was altered', async (position) => {
    const proof = await proofOf(position);
    const bytes = entries[position - 1] as Uint8Array;
    expect(accepts(bytes, proof)).toBe(true);

    const flip = (of: Uint8Array, at: number) => Uint8Array.from(of, (byte, i) => (i === at ? byte ^ 1 : byte));
    const { checkpoint, hashes } = proof;
    for (const at of [0, bytes.length >> 1, bytes.length - 1]) expect(accepts(flip(bytes, at), proof)).toBe(false);
    for (const i of hashes.keys()) {
      expect(accepts(bytes, { ...proof, hashes: hashes.with(i, flip(hashes[i] as Uint8Array, i)) })).toBe(false);
      expect(accepts(bytes, { ...proof, hashes: hashes.toSpliced(i, 1) })).toBe(false);
    }
    expect(accepts(bytes, { ...proof, index: proof.index ^ 1 })).toBe(false);
    expect(accepts(bytes, { ...proof, index: RECORDS })).toBe(false);
    for (const bent of [
      checkpoint.replace(`\n${RECORDS}\n`, `\n${RECORDS - 1}\n`),
      checkpoint.replace(/^(.*)\n/, '$1x\n'),
      checkpoint.replace(
        /\n(.)(.{42}=)\n/,
        (_, first: string, rest: string) => `\n${first === 'A' ? 'B' : 'A'}${rest}\n`,
      ),
      checkpoint.replace(/.{6}=\n$/, 'AAAAAA=\n'),
    ]) {
      expect(bent).not.toBe(checkpoint);
      expect(accepts(bytes, { ...proof, checkpoint: bent })).toBe(false);
    }
    expect(accepts(bytes, proof, { ...key, publicKey: signer('x', 'ed25519', 1).key.publicKey })).toBe(false);
  });
});

describe('cosignatures over REST', () => {
  it('publish a checkpoint once they are enough', async () => {
    const witness = signer('w.example', 'cosignature', 4);
    const policy = parsePolicy(`witness w ${keyText(witness.key)}\nquorum w\n`, digester);
    const own = await Api.start({ log: { policy } });
    expect(await own.call('GET', `${LOG}/checkpoint`)).toMatchObject({ status: 503, body: { status: 503 } });
    const newest = await (await own.raw('GET', `${LOG}/checkpoint/newest`)).text();
    const add = (checkpoint: string) => own.call('POST', `${LOG}/cosignatures`, { checkpoint });
    expect(await add(newest)).toMatchObject({ status: 200, body: { size: 0, witnesses: [], published: false } });
    const [body = ''] = newest.split('\n\n');
    const { note } = parseCheckpoint(newest) ?? {};
    if (note === undefined) throw new Error('not a checkpoint');
    const cosigned = noteText({ ...note, signatures: [...note.signatures, witness.sign(note.text)] });
    expect(await add(cosigned)).toMatchObject({ body: { size: 0, witnesses: ['w.example'], published: true } });
    expect(await (await own.raw('GET', `${LOG}/checkpoint`)).text()).toBe(cosigned);

    for (const wrong of ['', body, newest.replace('\n0\n', '\n1\n'), 'x'.repeat(100)])
      expect(await add(wrong)).toMatchObject({
        status: 400,
        body: { detail: expect.stringContaining('checkpoint') as string },
      });
    await own.close();
  });
});
