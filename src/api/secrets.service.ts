import { Inject, Injectable } from '@nestjs/common';
import type { Service } from '../infra/service.js';
import { SERVICE } from './service.token.js';

/** A secret, to be told once, and what is kept of it. */
export interface Secret {
  readonly secret: Uint8Array;
  /** SHA-256 in hex. */
  readonly commitment: string;
}

/** Makes what only the client that asked for it may know. */
@Injectable()
export class Secrets {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  /** A map token: 32 random bytes. */
  newToken(): Secret {
    return this.service.machines.newToken();
  }
}
