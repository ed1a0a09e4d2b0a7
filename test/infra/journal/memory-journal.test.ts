import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { journalContract } from './journal.contract.js';

journalContract('MemoryJournal', () => Promise.resolve(new MemoryJournal()));
