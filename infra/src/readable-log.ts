/** What every line has; shown at its beginning or not at all. */
const USUAL = new Set(['level', 'time', 'pid', 'host', 'name', 'msg', 'err']);

const COLOURS: Readonly<Record<string, string>> = { warn: '\u001b[33m', error: '\u001b[31m', fatal: '\u001b[31m' };

/** A JSON log line as a person at a terminal reads it; what is no such line is left as it is. */
export function readableLine(line: string): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const level = text(fields['level']);
  const time = text(fields['time']).slice(11, 19);
  const rest = Object.entries(fields)
    .filter(([name]) => !USUAL.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const shown = [time, level.padEnd(5), text(fields['name']).padEnd(10), text(fields['msg']), ...rest].join(' ');
  const colour = COLOURS[level];
  return `${colour === undefined ? shown : `${colour}${shown}\u001b[0m`}\n${errorLines(fields['err'], level)}`;
}

/** The whole stack only of what ended something. */
function errorLines(err: unknown, level: string): string {
  if (typeof err !== 'object' || err === null) return '';
  const { message, stack } = err as { message?: unknown; stack?: unknown };
  return `  ${text(level === 'fatal' ? (stack ?? message) : message)}\n`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
