/** Locks by name, each taken in the order in which it was asked for. */
export class Locks {
  private readonly last = new Map<string, Promise<void>>();

  /**
   * Takes several locks at once. All are queued for in one step, so that two who want the same ones cannot wait for each other.
   *
   * @returns gives them back
   */
  async take(names: Iterable<string>): Promise<() => void> {
    const wanted = [...new Set(names)];
    const before = wanted.map((name) => this.last.get(name) ?? Promise.resolve());
    let open = (): void => undefined;
    const held = new Promise<void>((resolve) => (open = resolve));
    for (const name of wanted) this.last.set(name, held);
    await Promise.all(before);
    return () => {
      for (const name of wanted) if (this.last.get(name) === held) this.last.delete(name);
      open();
    };
  }
}
