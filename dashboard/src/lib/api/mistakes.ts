import type { ApiProblem } from './problem.ts';

/** What is wrong with what was sent, by place: "layers.0.users.1" and a sentence. Without a place it is about the whole. */
export interface Mistake {
  readonly place: string;
  readonly message: string;
}

/** The mistakes that a refusal names; a refusal that names no place is one about the whole. */
export function mistakesOf({ message, sentence }: Pick<ApiProblem, 'message' | 'sentence'>): Mistake[] {
  const parts = message.split(/; (?=[A-Za-z_]\w*(?:\.\w+)*: )/);
  return parts.map((part) => {
    const [, place, text] = /^([A-Za-z_]\w*(?:\.\w+)*): ([^]+)$/.exec(part) ?? [];
    return place === undefined || text === undefined
      ? { place: '', message: parts.length === 1 ? sentence : part }
      : { place, message: text };
  });
}
