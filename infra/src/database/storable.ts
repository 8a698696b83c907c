/**
 * Text that Postgres takes: it refuses NUL in text, and NUL and halves of surrogate pairs in jsonb. Each is
 * replaced by U+FFFD, or one hostile string would stop the transaction that carries it, again and again.
 */
export function storableText(text: string): string;
export function storableText(text: string | null | undefined): string | null;
export function storableText(text: string | null | undefined): string | null {
  return text?.replaceAll('\u0000', '\ufffd') ?? null;
}

/** A value as JSON for a jsonb parameter; see `storableText`. */
export function storableJson(value: unknown): string {
  // JSON.stringify escapes exactly these two kinds; an even number of backslashes before the escape belongs to others.
  return JSON.stringify(value).replaceAll(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\ufffd');
}
