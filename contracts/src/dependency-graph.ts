/** Which node waits for which others. */
export type Edges = ReadonlyMap<string, readonly string[]>;

/**
 * A circle of nodes that wait for each other, each before the one it waits for and the first again at the end; null where
 * there is none. Nodes that are waited for but have no entry of their own wait for nothing.
 */
export function findCycle(edges: Edges): string[] | null {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    // Without recursion, which a long chain would end.
    const path: string[] = [];
    const onPath = new Set<string>();
    const left: { node: string; leave: boolean }[] = [{ node: start, leave: false }];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { node, leave } = next;
      if (leave) {
        onPath.delete(node);
        path.pop();
        done.add(node);
        continue;
      }
      if (onPath.has(node)) return [...path.slice(path.indexOf(node)), node];
      if (done.has(node)) continue;
      onPath.add(node);
      path.push(node);
      left.push({ node, leave: true });
      for (const other of edges.get(node) ?? []) left.push({ node: other, leave: false });
    }
  }
  return null;
}
