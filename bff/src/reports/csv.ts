/** Comma-separated values (RFC 4180) as spreadsheets open them: UTF-8 with its mark, and no cell that they would run. */

/** So that a spreadsheet does not take UTF-8 for something else. */
export const BYTE_ORDER_MARK = '\ufeff';

/** A line, with its end. */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * One value: nothing for null, objects as JSON. Text that a spreadsheet would take for a formula gets an apostrophe before it
 * (OWASP, CSV injection); numbers stay numbers, negative ones too.
 */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const defused = /^\s*[=+\-@|\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(defused) ? `"${defused.replaceAll('"', '""')}"` : defused;
}

const TIME = /(^|_)(at|seen|date|until|from|to|ts|t)$/;
/** Any time since 2001 is more milliseconds than this, and hardly any count is. */
const LEAST_TIME = 1e12;

/** A value of a column as people read it: epoch milliseconds of a column of times as RFC 3339. */
export function readable(column: string, value: unknown): unknown {
  const isTime = typeof value === 'number' && TIME.test(column) && value >= LEAST_TIME && value <= 8.64e15;
  return isTime ? new Date(value).toISOString() : value;
}
