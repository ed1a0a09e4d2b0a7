import { readFileSync } from 'node:fs';

/** Transactions in the write-ahead log of a file: its frames that end one (sqlite.org/fileformat2.html, section 4.1). */
export function transactionsInLog(file: string): number {
  const log = readFileSync(`${file}-wal`);
  const frameSize = 24 + log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let transactions = 0;
  for (let at = 32; at + frameSize <= log.length; at += frameSize) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    if (log.readUInt32BE(at + 4) !== 0) transactions++;
  }
  return transactions;
}
