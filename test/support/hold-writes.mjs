// Loaded before a command: files that it writes as streams are opened and never written to, so that a signal finds it at its work.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { createWriteStream } = fs;

fs.createWriteStream = (...args) => Object.assign(createWriteStream(...args), { _write() {}, _writev: null });
syncBuiltinESMExports();
