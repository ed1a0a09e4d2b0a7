import Database from 'better-sqlite3';
import { KEPT_FOR } from '../../../src/infra/journal/answer-store.js';
import { answer, answerStoreContract } from './answer-store.contract.js';
import { draft } from './drafts.js';
import { temporaryFiles, temporaryLedgers } from './files.js';

const openLedger = temporaryLedgers();
const newFile = temporaryFiles();

answerStoreContract('SqliteAnswerStore', () => openLedger());

const NOW = 5000;
const answered = { ...draft('vm-a', 1, { index: { time: NOW } }), answer: answer('k') };

describe('answers in a file', () => {
  it('are there after the file was opened again', async () => {
    const file = newFile();
    const first = await openLedger({ file });
    await first.journal.append(answered);
    const before = await first.answers.find('alice', 'k', NOW);
    await first.journal.close();
    const { answers } = await openLedger({ file });
    expect(await answers.find('alice', 'k', NOW)).toEqual(before);
    expect(before).toBeDefined();
  });

  it('are not there if the commit failed, nor is the record', async () => {
    const file = newFile();
    const { journal, answers } = await openLedger({ file, maxPages: 60 });
    const large = answer('k', { body: Buffer.alloc(1024 * 1024) });
    await expect(journal.append({ ...answered, answer: large })).rejects.toMatchObject({ fault: 'full' });
    expect([await journal.head(), await answers.find('alice', 'k', NOW)]).toEqual([0, undefined]);
    await journal.append(answered);
    expect(await answers.find('alice', 'k', NOW)).toMatchObject({ position: 1 });
  });

  it('give their room back', async () => {
    const file = newFile();
    const { journal, answers } = await openLedger({ file });
    for (let i = 1; i <= 20; i++)
      await journal.append({ ...draft('vm-a', i, { index: { time: NOW } }), answer: answer(`k${i}`) });
    await answers.prune(NOW + KEPT_FOR);
    const db = new Database(file, { readonly: true });
    expect(db.prepare('SELECT count(*) AS n FROM answers').get()).toEqual({ n: 0 });
    db.close();
  });

  it('are no part of what is recorded', async () => {
    const one = await openLedger();
    const other = await openLedger();
    const { answer: _, ...plain } = answered;
    const records = [await one.journal.append(answered), await other.journal.append(plain)];
    expect(records[0]).toEqual(records[1]);
  });
});
