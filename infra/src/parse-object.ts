/** Parses the text of one JSON object; undefined for anything else, be it JSON or not. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  // To hear from the parser that it is none takes more than ten times as long.
  if (!/^[ \t\r\n]*\{/.test(text)) return undefined;
  try {
    // What begins with a brace is an object or no JSON.
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
