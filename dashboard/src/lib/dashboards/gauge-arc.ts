/** A half circle from the left, filled up to a share of 0 to 1, as an SVG path in a box of 100 by 58. */
export function arcPath(share: number): string {
  const part = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  if (part === 0) return '';
  const angle = Math.PI * (1 - part);
  const x = 50 + 44 * Math.cos(angle);
  const y = 52 - 44 * Math.sin(angle);
  return `M6,52A44,44 0 0 1 ${x.toFixed(2)},${y.toFixed(2)}`;
}
