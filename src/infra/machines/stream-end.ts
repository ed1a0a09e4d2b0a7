import type { Vm } from '../../domain/vm/state.js';
import type { History, Past } from './history.js';

/** The end of a VM's stream; `durable` answers its position, or fails if it never got into the journal. */
export interface Tip {
  readonly vm: Vm | undefined;
  readonly version: number;
  readonly durable: Promise<number>;
}

/** What was decided upon one state read from the journal, and why the first append of it failed, if one did. */
interface Run {
  failure?: unknown;
}

/**
 * Where a VM's stream ends: the state that its records lead to, those on their way to the disk too. If one of these fails, so do
 * all that were decided upon it; the state is then read from the journal again. See docs/decisions/0001-decide-ahead.md.
 */
export class StreamEnd {
  private current: Tip | undefined;
  private run: Run = {};
  private loading: Promise<unknown> | undefined;
  /** Settles when everything that was sent to the journal has. */
  private settled: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly id: string,
    private readonly history: History,
  ) {}

  /** The end as it is known; undefined where it is to be read from the journal. */
  get tip(): Tip | undefined {
    return this.current;
  }

  /** The end, read from the journal unless it is known. */
  async load(): Promise<Tip> {
    if (this.current) return this.current;
    this.loading ??= this.read().finally(() => (this.loading = undefined));
    await this.loading;
    return this.load();
  }

  /** The state with everything in it durable, once it is. */
  async stand(): Promise<Past> {
    for (;;) {
      const { vm, version, durable } = await this.load();
      const position = await durable.catch(() => undefined);
      if (position !== undefined) return { vm, version, position };
    }
  }

  /**
   * Goes on to the state that a record leads to.
   *
   * @param appended the record's position, or why it is not in the journal
   * @returns the position, once the record is durable; it fails for the reason of the first record that failed
   */
  advance(vm: Vm | undefined, version: number, appended: Promise<number>): Promise<number> {
    const { run } = this;
    const durable = appended.catch((error: unknown) => this.fail(run, error));
    this.settled = durable.catch(() => undefined);
    this.current = { vm, version, durable };
    return durable;
  }

  /** Has the state read from the journal again, where it is used up or not the same any more. */
  forget(): void {
    this.current = undefined;
  }

  private async read(): Promise<void> {
    await this.settled;
    const { vm, version, position } = await this.history.load(this.id);
    this.run = {};
    this.current = { vm, version, durable: Promise.resolve(position) };
  }

  /** After a failed append: nothing that was decided upon it counts. */
  private fail(run: Run, error: unknown): never {
    run.failure ??= error;
    if (this.run === run) this.forget();
    throw run.failure;
  }
}
