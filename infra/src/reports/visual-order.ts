import bidiFactory, { type Bidi } from 'bidi-js';

/** Text that is written from right to left, or mixes both directions, in the order in which it stands on paper. */

// Its types tell of another module format than the one that Node reads.
const bidi = (bidiFactory as unknown as () => Bidi)();
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LETTER = /[\p{L}\p{N}]/u;

/** A part of a line. One that is turned is a single word, which whoever draws it turns around: fonts must see its neighbours. */
export interface VisualPart {
  readonly text: string;
  readonly turned: boolean;
}

interface Part extends VisualPart {
  /** By the Unicode Bidirectional Algorithm; odd ones go from right to left. */
  readonly level: number;
}

/** The parts of a line from left to right, the letters of each in the order in which they are read. */
export function visualOrder(line: string): readonly VisualPart[] {
  if (!RIGHT_TO_LEFT.test(line)) return [{ text: line, turned: false }];
  const { levels } = bidi.getEmbeddingLevels(line);
  const parts: Part[] = [];
  for (let from = 0; from < line.length;) {
    const level = levels[from] ?? 0;
    let to = from + 1;
    while (to < line.length && levels[to] === level) to += 1;
    const text = line.slice(from, to);
    if (level % 2 === 0) parts.push({ text, turned: false, level });
    else parts.push(...text.split(/( +)/).flatMap((word) => (word === '' ? [] : [{ ...facing(word), level }])));
    from = to;
  }
  return reordered(parts);
}

/** Brackets face the other way; what has no letters is turned here. */
function facing(word: string): VisualPart {
  const letters = [...word].map((letter) => bidi.getMirroredCharacter(letter) ?? letter);
  const turned = LETTER.test(word);
  return { text: (turned ? letters : letters.reverse()).join(''), turned };
}

/** Rule L2 of the algorithm: from the highest level to the lowest odd one, what is at it or above is reversed. */
function reordered(parts: readonly Part[]): Part[] {
  const order = [...parts];
  const highest = Math.max(...parts.map(({ level }) => level));
  for (let level = highest; level >= 1; level--) {
    for (let from = 0; from < order.length; from++) {
      let to = from;
      while ((order[to]?.level ?? -1) >= level) to += 1;
      if (to > from) order.splice(from, to - from, ...order.slice(from, to).reverse());
      from = to;
    }
  }
  return order;
}
