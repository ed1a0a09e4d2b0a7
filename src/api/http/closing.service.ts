import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ReplaySubject } from 'rxjs';

/** Tells streams that the service is about to stop, so that they end and do not hold it up. */
@Injectable()
export class Closing implements OnModuleDestroy {
  readonly begun = new ReplaySubject<void>(1);

  private isBegun = false;

  /** Whether the service is about to stop. */
  get hasBegun(): boolean {
    return this.isBegun;
  }

  onModuleDestroy(): void {
    this.isBegun = true;
    this.begun.next();
  }
}
