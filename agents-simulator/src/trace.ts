import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One request of a trace. `offset` is milliseconds since the trace's first request. */
export interface TraceRow {
  readonly offset: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Trace {
  readonly rows: readonly TraceRow[];
  /** Offset of the last row, in milliseconds. */
  readonly span: number;
}

/** The trace that comes with the simulator: see data/README.md for its source and licence. */
export const BUNDLED_TRACE = fileURLToPath(new URL('../data/azure-llm-2023-code.csv', import.meta.url));

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const LINE = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z?,(\d+),(\d+)$/;

/**
 * Reads the text of a trace in the format of the Azure LLM inference traces: a header, then UTC time
 * (up to nine fractional digits), input and output tokens. Line ends may be CRLF or LF. Rows come back
 * in order of time. Throws an error that names the first line it cannot read.
 */
export function parseTrace(text: string): Trace {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trim() !== HEADER) throw new Error(`line 1: expected the header ${HEADER}`);
  const rows: { micros: number; inputTokens: number; outputTokens: number }[] = [];
  lines.slice(1).forEach((line, index) => {
    if (line === '') return;
    const match = LINE.exec(line);
    const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
    if (match === null || Number.isNaN(seconds)) {
      throw new Error(
        `line ${index + 2}: expected "YYYY-MM-DD hh:mm:ss.fffffff,tokens,tokens", found ${JSON.stringify(line.slice(0, 80))}`,
      );
    }
    // Date keeps milliseconds only; the fraction is added in whole microseconds.
    const micros = seconds * 1_000 + Math.floor(Number((match[3] ?? '0').padEnd(9, '0')) / 1_000);
    rows.push({ micros, inputTokens: Number(match[4]), outputTokens: Number(match[5]) });
  });
  const sorted = rows.toSorted((a, b) => a.micros - b.micros);
  const first = sorted[0];
  if (first === undefined) throw new Error('the trace has no rows');
  const placed = sorted.map(({ micros, inputTokens, outputTokens }) => ({
    offset: Math.floor((micros - first.micros) / 1_000),
    inputTokens,
    outputTokens,
  }));
  return { rows: placed, span: placed.at(-1)?.offset ?? 0 };
}

/** Reads a trace file. */
export function readTrace(path: string): Trace {
  return parseTrace(readFileSync(path, 'utf8'));
}
