import { parseObject } from '@fleetbeat/infra/parse-object.ts';

/** What a dead letter says of its user and its time, as far as it can be read. */
export interface LetterFacts {
  readonly user: string | undefined;
  /** Epoch milliseconds. */
  readonly ts: number | undefined;
}

/** Reads what can be read: of what is no JSON, the text after the name of the field. */
export function letterFacts(payload: Buffer): LetterFacts {
  const text = payload.toString('utf8');
  const fields = parseObject(text);
  if (fields !== undefined) {
    const { user_id: user, ts } = fields;
    return { user: typeof user === 'string' ? user : undefined, ts: typeof ts === 'number' ? ts : undefined };
  }
  const [, literal] = /"user_id"\s{0,20}:\s{0,20}("(?:[^"\\]|\\.){0,1600}")/.exec(text) ?? [];
  return { user: literal === undefined ? undefined : unquoted(literal), ts: undefined };
}

function unquoted(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}
