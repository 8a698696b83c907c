import { randomFillSync } from 'node:crypto';

/** Random bytes drawn at once, for 512 ids. */
const POOL_BYTES = 8 * 512;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes ids in the order of their creation: UUID version 7 (RFC 9562) of a time in epoch milliseconds and
 * 74 random bits.
 */
export function createIdMaker(): (now: number) => string {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  const hex = (value: number): string => HEX[value & 0xff] as string; // HEX holds every byte.
  const draw = (): number => pool[used++] as number; // Refilled below before it runs out.

  return function makeId(now) {
    if (used + 10 > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const high = Math.floor(now / 0x1_0000);
    return (
      `${hex(high >>> 24)}${hex(high >>> 16)}${hex(high >>> 8)}${hex(high)}-${hex(now >>> 8)}${hex(now)}` +
      `-${hex(0x70 | (draw() & 0x0f))}${hex(draw())}-${hex(0x80 | (draw() & 0x3f))}${hex(draw())}` +
      `-${hex(draw())}${hex(draw())}${hex(draw())}${hex(draw())}${hex(draw())}${hex(draw())}`
    );
  };
}
