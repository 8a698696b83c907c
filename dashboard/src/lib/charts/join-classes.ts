/**
 * Stands in for `tailwind-merge`, which LayerChart brings to drop Tailwind's classes that contradict each other: 30 kB, and
 * none of those classes is given to it here.
 */
export const extendTailwindMerge =
  () =>
  (...classes: readonly (string | undefined)[]): string =>
    classes.filter(Boolean).join(' ');
