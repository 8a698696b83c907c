import type { Comment } from '@fleetbeat/contracts/comments.ts';

export interface TextPart {
  readonly text: string;
  /** The user who is mentioned by it; null for plain text. */
  readonly mentions: string | null;
}

/** A comment's text with the people whom it mentions told apart. */
export function textParts({ text, mentions }: Pick<Comment, 'text' | 'mentions'>): TextPart[] {
  const longestFirst = [...mentions].sort((a, b) => b.text.length - a.text.length);
  const parts: TextPart[] = [];
  let plain = '';
  for (let at = 0; at < text.length;) {
    const meant = text[at] === '@' ? longestFirst.find((one) => startsWith(text, at + 1, one.text)) : undefined;
    if (meant === undefined) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain !== '') parts.push({ text: plain, mentions: null });
    plain = '';
    parts.push({ text: text.slice(at, at + 1 + meant.text.length), mentions: meant.user_id });
    at += 1 + meant.text.length;
  }
  return plain === '' ? parts : [...parts, { text: plain, mentions: null }];
}

function startsWith(text: string, at: number, word: string): boolean {
  return text.slice(at, at + word.length).toLowerCase() === word.toLowerCase();
}
