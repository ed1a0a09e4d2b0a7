import { benchAccesses } from './accesses.mjs';
import { benchDisk } from './disk.mjs';
import { benchHttp } from './http.mjs';
import { benchJournal } from './journal.mjs';
import { benchLedgers } from './ledgers.mjs';
import { benchReads } from './reads.mjs';
import { benchWalks } from './walks.mjs';

/** One run of everything, so that ratios can be trusted where absolute figures cannot. */
const groups = {
  disk: benchDisk,
  journal: benchJournal,
  reads: benchReads,
  walks: benchWalks,
  http: benchHttp,
  accesses: benchAccesses,
  ledgers: benchLedgers,
};

const chosen = process.argv.slice(2).filter((name) => name in groups);
const results = {};
for (const [name, bench] of Object.entries(groups)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const [row, value, unit] of await bench()) {
    results[row] = value;
    console.log(`${row.padEnd(52)} ${value.toLocaleString('en', { maximumFractionDigits: 0 }).padStart(12)} ${unit}`);
  }
}

const ratio = (name, over, under, aim) => {
  if (!(over in results && under in results)) return;
  console.log(`${name.padEnd(52)} ${(results[over] / results[under]).toFixed(3).padStart(12)} (aim: at least ${aim})`);
};
ratio(
  'appends at 64 in flight / raw inserts at 100',
  'journal appends, 64 in flight',
  'raw inserts, 100 a transaction',
  '0.333',
);
ratio('HTTP commands / hello', 'HTTP absolute_write of 8 bytes, 64 connections', 'HTTP hello, 64 connections', '0.200');
