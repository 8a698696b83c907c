/** Numbers as people read them: three significant digits, a unit always, a true minus sign. */

const MINUS = '−';
/** Stands where there is no value. */
export const NOTHING = '–';

const SCALES = [
  { factor: 1e12, suffix: 'T' },
  { factor: 1e9, suffix: 'B' },
  { factor: 1e6, suffix: 'M' },
  { factor: 1e3, suffix: 'k' },
] as const;

/** Three significant digits without an exponent: 0.0123, 1.23, 12.3, 123. Trailing zeros stay, so that figures keep their width. */
function threeDigits(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(value));
  const decimals = Math.min(Math.max(2 - magnitude, 0), 6);
  const text = value.toFixed(decimals);
  // 9.996 rounds to 10.00: one digit more than asked for.
  const digits = text.replace('.', '').replace(/^0+/, '').length;
  return digits > 3 && decimals > 0 ? value.toFixed(decimals - 1) : text;
}

/** A count or a rate with three significant digits: 0, 7, 42, 0.25, 1.23k, 18.1M. Below 1,000 without trailing zeros. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const sign = value < 0 ? MINUS : '';
  const size = Math.abs(value);
  if (size < 1_000 && Number.isInteger(size)) return sign + String(size);
  for (const { factor, suffix } of SCALES) {
    // 999,950 and more reads as 1.00M, not as 1000k.
    if (size >= factor * 0.9995) return sign + threeDigits(size / factor) + suffix;
  }
  if (size < 0.001) return `${sign}<0.001`;
  return (
    sign +
    threeDigits(size)
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, '')
  );
}

/** A rate that changes all the time, with one decimal below ten, so that it does not flicker: 0, 0.4, 9.8, 46.8, 1.23k. */
export function formatRate(rate: number | null | undefined): string {
  if (rate === null || rate === undefined || !Number.isFinite(rate)) return NOTHING;
  return rate < 10 ? (Math.round(rate * 10) / 10).toString() : formatNumber(rate);
}

/** Every digit, grouped: 18,059,974. For tables of exact counts and for tooltips. */
export function formatExact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 }).replace('-', MINUS);
}

/** A share between 0 and 1 as a percentage: 0%, 0.82%, 12.3%, 100%. */
export function formatShare(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NOTHING;
  return formatPercent(share * 100);
}

/** A value that is a percentage already: 0%, 0.82%, 12.3%, 100%. */
export function formatPercent(percent: number | null | undefined): string {
  if (percent === null || percent === undefined || !Number.isFinite(percent)) return NOTHING;
  const size = Math.abs(percent);
  const sign = percent < 0 ? MINUS : '';
  if (size === 0) return '0%';
  if (size < 0.01) return `${sign}<0.01%`;
  if (Math.abs(size - Math.round(size)) < 1e-9) return `${sign}${Math.round(size)}%`;
  return `${sign}${threeDigits(size)}%`;
}

/** Money in US dollars: $0, $0.00420, $0.740, $1.23, $1.20k. */
export function formatMoney(dollars: number | null | undefined): string {
  if (dollars === null || dollars === undefined || !Number.isFinite(dollars)) return NOTHING;
  if (dollars === 0) return '$0';
  const sign = dollars < 0 ? MINUS : '';
  const size = Math.abs(dollars);
  if (size < 0.0001) return `${sign}<$0.0001`;
  if (size < 0.9995) return `${sign}$${threeDigits(size)}`;
  if (size < 1_000) return `${sign}$${size.toFixed(2)}`;
  return `${sign}$${formatNumber(size)}`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes in binary units: 512 B, 1.50 KiB, 15.6 GiB. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return NOTHING;
  let size = Math.abs(bytes);
  let unit = 0;
  while (size >= 1_023.5 && unit < BYTE_UNITS.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 && Number.isInteger(size) ? String(size) : threeDigits(size);
  return `${bytes < 0 ? MINUS : ''}${digits} ${BYTE_UNITS[unit] ?? 'B'}`;
}

/** Bytes per second in decimal units, as networks are measured: 0 B/s, 289 kB/s, 1.00 MB/s. */
export function formatByteRate(rate: number | null | undefined): string {
  if (rate === null || rate === undefined || !Number.isFinite(rate)) return NOTHING;
  const [, digits = '0', unit = ''] = /^(.*?)([kMBT]?)$/.exec(formatNumber(Math.round(rate))) ?? [];
  return `${digits} ${unit === 'B' ? 'G' : unit}B/s`;
}

/** What became of a figure since the period before. */
export interface Change {
  text: string;
  direction: 'up' | 'down' | 'same';
}

/**
 * The change against the previous period, with its sign: +12.3%, −4%, ×3.2 for more than a trebling, ×56.7k.
 * Null where there is nothing to compare with.
 */
export function formatChange(now: number | null | undefined, before: number | null | undefined): Change | null {
  if (now === null || now === undefined || before === null || before === undefined) return null;
  if (!Number.isFinite(now) || !Number.isFinite(before) || before === 0) return null;
  const ratio = now / before;
  const change = ratio - 1;
  if (Math.abs(change) < 0.0005) return { text: '±0%', direction: 'same' };
  if (ratio >= 3) return { text: `×${ratio < 999.5 ? threeDigits(ratio) : formatNumber(ratio)}`, direction: 'up' };
  const percent = Math.abs(change) >= 0.0995 ? Math.round(Math.abs(change) * 100) : Math.round(Math.abs(change) * 1_000) / 10;
  return { text: `${change > 0 ? '+' : MINUS}${percent}%`, direction: change > 0 ? 'up' : 'down' };
}

/** "1 agent", "3 agents", "1.23k agents". */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`;
}
