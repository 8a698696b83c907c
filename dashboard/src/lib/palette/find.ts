/** Finding things by what somebody types of their names. */

/** How well `text` matches what was typed: 1 for the whole, less for a start, a word's start, a part, letters in order; 0 for none. */
export function scoreOf(text: string, typed: string): number {
  const [name, wanted] = [text.toLowerCase(), typed.trim().toLowerCase()];
  if (wanted === '') return 0.1;
  if (name === wanted) return 1;
  if (name.startsWith(wanted)) return 0.9;
  const at = name.indexOf(wanted);
  if (at > 0) return /[\s\-_./:]/.test(name[at - 1] ?? '') ? 0.8 : 0.6;
  return isInOrder(name, wanted) ? 0.3 : 0;
}

function isInOrder(name: string, wanted: string): boolean {
  // Two letters in order are in nearly every name, three in nearly every sentence.
  if (wanted.length < 3 || name.includes(' ')) return false;
  let at = 0;
  for (const letter of name) if (letter === wanted[at]) at += 1;
  return at === wanted.length;
}

/** The `most` that match best, the best first; equals keep their order. */
export function best<T>(items: readonly T[], typed: string, textsOf: (item: T) => readonly (string | null)[], most: number): T[] {
  return items
    .map((item) => ({
      item,
      score: Math.max(0, ...textsOf(item).map((text, index) => scoreOf(text ?? '', typed) * (index === 0 ? 1 : 0.9))),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ item }) => item);
}
