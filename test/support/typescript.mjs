import { register } from 'node:module';

// Sources are compiled as they are loaded, and named as they are written where a test fails.
process.setSourceMapsEnabled(true);
register('@swc-node/register/esm', import.meta.url);
// The runner waits for the end of its processes, and lets go of each once all was told: what a test left open would keep it for ever.
process.once('disconnect', () => process.exit());
