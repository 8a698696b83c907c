import type { ApiProblem } from './problem.ts';

/** What is wrong with what was sent, by place: "layers.0.users.1" and a sentence. Without a place it is about the whole. */
export interface Mistake {
  readonly place: string;
  readonly message: string;
}

/** The mistakes that a refusal names; a refusal that names no place is one about the whole. */
export function mistakesOf({ title, message }: Pick<ApiProblem, 'title' | 'message'>): Mistake[] {
  const parts = message.split(/; (?=[A-Za-z_]\w*(?:\.\w+)*: )/);
  return parts.map((part) => {
    const [, place, text] = /^([A-Za-z_]\w*(?:\.\w+)*): ([^]+)$/.exec(part) ?? [];
    return place === undefined || text === undefined ? { place: '', message: `${title}: ${part}` } : { place, message: text };
  });
}
