import { VARIABLES } from './config.ts';
import { nearestName } from './nearest-name.ts';

/** Shorter names have too many neighbours that belong to others. */
const SHORTEST = 8;

/** Warnings about names of the environment that are none of ours, but nearly: what they were meant to set would stay unset. */
export function misspelledVariables(env: NodeJS.ProcessEnv): string[] {
  const known = VARIABLES.filter((name) => name.length >= SHORTEST);
  return Object.keys(env).flatMap((name) => {
    if (name.length < SHORTEST || VARIABLES.includes(name)) return [];
    const meant = nearestName(name.toUpperCase(), known);
    return meant === undefined ? [] : [`${name} is no variable of Fleetbeat and sets nothing: is ${meant} meant?`];
  });
}
