import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Digester } from '../domain/digester.js';

/** SHA-256 of OpenSSL and the RFC 8785 text of `canonicalize`. */
export const digester: Digester = {
  sha256: (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
  canonical: (value) => canonicalize(value) ?? 'null',
};
