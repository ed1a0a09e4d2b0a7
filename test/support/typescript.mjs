import { register } from 'node:module';

// Sources are compiled as they are loaded, and named as they are written where a test fails.
process.setSourceMapsEnabled(true);
register('@swc-node/register/esm', import.meta.url);
