// Loaded before a command: files that it writes as streams are opened and never written to, so that a signal finds it at its work.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { createWriteStream } = fs;

// A write that is under way keeps a process, as any would.
const _write = () => void setTimeout(() => undefined, 2 ** 30);

fs.createWriteStream = (...args) => Object.assign(createWriteStream(...args), { _write, _writev: null });
syncBuiltinESMExports();
