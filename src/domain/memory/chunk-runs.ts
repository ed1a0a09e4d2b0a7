import { type Node, type Run, changedBranch, changedLeaf, isLeaf, sharedBranch, span } from './chunk-tree.js';

/** As `ChunkStore.runs`, of the store with this root. */
export function* runsIn(
  root: Node | undefined,
  first: number,
  last: number,
  isDull: (chunk: Uint8Array | undefined) => boolean,
): Generator<Run> {
  const nothingIsDull = isDull(undefined);
  const known = new Map<Node, boolean>();
  const dull = (node: Node | undefined): boolean => {
    if (node === undefined) return nothingIsDull;
    const before = known.get(node);
    if (before !== undefined) return before;
    const found = isLeaf(node) ? isDull(node.bytes) : node.children.every(dull);
    known.set(node, found);
    return found;
  };
  function* visit(node: Node | undefined, level: number, base: number): Generator<Run> {
    const from = Math.max(first, base);
    const to = Math.min(last, base + span(level) - 1);
    if (from > to || dull(node)) return;
    if (node === undefined) yield { first: from, count: to - from + 1, chunk: undefined };
    else if (isLeaf(node)) yield { first: base, count: 1, chunk: node.bytes };
    else for (const [i, child] of node.children.entries()) yield* visit(child, level - 1, base + i * span(level - 1));
  }
  const height = root?.level ?? 0;
  yield* visit(root, height, 0);
  const beyond = Math.max(first, root ? span(height) : 1);
  if (!nothingIsDull && beyond <= last) yield { first: beyond, count: last - beyond + 1, chunk: undefined };
}

/** As `ChunkStore.sum`, of the store with this root. */
export function sumIn(
  root: Node | undefined,
  first: number,
  last: number,
  valueOf: (chunk: Uint8Array) => number,
): number {
  const known = new Map<Node, number>();
  const visit = (node: Node | undefined, level: number, base: number): number => {
    if (node === undefined || base > last || base + span(level) <= first) return 0;
    const whole = first <= base && base + span(level) - 1 <= last;
    const before = whole ? known.get(node) : undefined;
    if (before !== undefined) return before;
    const width = span(level - 1);
    const total = isLeaf(node)
      ? valueOf(node.bytes)
      : node.children.reduce((sum, child, i) => sum + visit(child, level - 1, base + i * width), 0);
    if (whole) known.set(node, total);
    return total;
  };
  return visit(root, root?.level ?? 0, 0);
}

/** The root of what `ChunkStore.replace` makes of the store with this root. */
export function replacedIn(
  root: Node,
  first: number,
  last: number,
  change: (chunk: Uint8Array | undefined) => Uint8Array | undefined,
): Node | undefined {
  let top = root;
  if (change(undefined) !== undefined) while (last >= span(top.level)) top = sharedBranch(top.level + 1, [top]);
  const known = new Map<Node | number, Node | undefined>();
  const whole = (node: Node | undefined, level: number): Node | undefined => {
    const key = node ?? level;
    if (known.has(key)) return known.get(key);
    const made =
      level === 0 ? changedLeaf(node, change) : changedBranch(node, level, (child) => whole(child, level - 1));
    known.set(key, made);
    return made;
  };
  const part = (node: Node | undefined, level: number, base: number): Node | undefined => {
    if (base > last || base + span(level) <= first) return node;
    if (first <= base && base + span(level) - 1 <= last) return whole(node, level);
    const width = span(level - 1);
    return changedBranch(node, level, (child, i) => part(child, level - 1, base + i * width));
  };
  return part(top, top.level, 0);
}
