/** Every path and method that is served, by which a wrong method is told from a wrong path. */
export class RouteTable {
  private readonly paths = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  /** @param path as the router has it, with `:name` for a parameter and `*` for the rest of a path */
  add(methods: string | readonly string[], path: string): void {
    const pattern = new RegExp(
      `^${path
        .replaceAll('.', '\\.')
        .replace('*', '.+')
        .replace(/:[A-Za-z]+/g, '[^/]+')}$`,
    );
    const entry = this.paths.get(path) ?? { pattern, methods: new Set() };
    this.paths.set(path, entry);
    for (const method of [methods].flat()) entry.methods.add(method);
  }

  /** The methods that a path of a request takes, in alphabetical order; none if it is not served. */
  methodsAt(path: string): string[] {
    const found = [...this.paths.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  }

  /** Every route, as in `GET /v1/vms/:vm`. */
  routes(): string[] {
    return [...this.paths].flatMap(([path, { methods }]) => [...methods].map((method) => `${method} ${path}`));
  }
}
