/** Letters that may be wrong, missing or too many. */
const MISTAKES = 2;

/** Which of the names was probably meant by one that is none of them; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = MISTAKES + 1;
  for (const each of known) {
    // Far longer or shorter names need no look, however long somebody makes them.
    if (Math.abs(each.length - name.length) >= least) continue;
    const mistakes = distance(name, each);
    if (mistakes < least) [nearest, least] = [each, mistakes];
  }
  return nearest;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[b.length] ?? 0;
}
