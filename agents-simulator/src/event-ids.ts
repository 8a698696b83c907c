import { createHash } from 'node:crypto';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Eight hexadecimal digits that stand for one plan: part of every agent, host and task id. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/**
 * Names events: UUIDv7-shaped (RFC 9562), the time bits from the event and the rest from the run and
 * the event's place in it. The same place in the same run always has the same id.
 */
export function createEventIds(run: string): (ts: number, index: number) => string {
  const salt = createHash('sha256').update(`ids/${run}`).digest();
  const [s0, s1, s2] = [salt.readInt32LE(0), salt.readInt32LE(4), salt.readInt32LE(8)];
  return (ts, index) => {
    // mix32 is a bijection, so two places of one run (below 2^32) never share `a`.
    const a = mix32((index + s0) | 0);
    const b = mix32(Math.imul(index, 0x9e3779b1) ^ s1);
    const c = mix32(Math.imul(index, 0x85ebca77) ^ s2);
    const high = Math.floor(ts / 65_536);
    const low = ts % 65_536;
    return (
      hex32(high) +
      '-' +
      hex16(low) +
      '-7' +
      hex16(c >>> 16).slice(1) +
      '-' +
      hex16(0x8000 | (b >>> 18)) +
      '-' +
      hex16(b) +
      hex32(a)
    );
  };
}

/** The finaliser of MurmurHash3. */
function mix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hex16(value: number): string {
  return (HEX[(value >>> 8) & 255] ?? '') + (HEX[value & 255] ?? '');
}

function hex32(value: number): string {
  return hex16(value >>> 16) + hex16(value & 0xffff);
}
