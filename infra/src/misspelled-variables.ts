import { VARIABLES } from './config.ts';

/** Shorter names have too many neighbours that belong to others. */
const SHORTEST = 8;
/** Letters that may be wrong, missing or too many. */
const MISTAKES = 2;

/** Warnings about names of the environment that are none of ours, but nearly: what they were meant to set would stay unset. */
export function misspelledVariables(env: NodeJS.ProcessEnv): string[] {
  const known = VARIABLES.filter((name) => name.length >= SHORTEST);
  return Object.keys(env).flatMap((name) => {
    if (name.length < SHORTEST || VARIABLES.includes(name)) return [];
    const meant = known.find((each) => distance(name.toUpperCase(), each) <= MISTAKES);
    return meant === undefined ? [] : [`${name} is no variable of Fleetbeat and sets nothing: is ${meant} meant?`];
  });
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
