import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { answerStoreContract } from './answer-store.contract.js';

answerStoreContract('MemoryAnswerStore', () => {
  const journal = new MemoryJournal();
  return Promise.resolve({ journal, answers: journal.answers });
});
