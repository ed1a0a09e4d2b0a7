import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Digester } from '../domain/digester.js';

/** SHA-256 of OpenSSL and the RFC 8785 text of `canonicalize`. */
export const digester: Digester = {
  sha256: (...parts) => hash('sha256', parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), 'buffer'),
  canonical: (value) => canonicalize(value) ?? 'null',
};
