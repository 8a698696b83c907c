/**
 * A fast 64-bit hash of strings that allocates nothing: the same on every machine and in every
 * version, because stored duplicate hashes and distinct sketches depend on it. Not for secrets.
 *
 * The result comes as two signed 32-bit halves in `hashHi` and `hashLo`, which V8 keeps unboxed; a
 * 64-bit number would be a BigInt, a 53-bit one would lose 11 bits. Built from the blocks of
 * MurmurHash3 (two lanes that mix into each other, Appleby 2011), over UTF-16 code units two at a time.
 */
export let hashHi = 0;
export let hashLo = 0;

/**
 * Hashes `text` into `hashHi` and `hashLo`. To hash several parts, give the halves of the parts before as
 * seeds: lengths are mixed in, so ('ab', 'c') and ('a', 'bc') differ.
 */
export function hashString(text: string, seedHi = 0, seedLo = 0): void {
  let high = seedHi ^ 0x9e3779b9;
  let low = seedLo ^ 0x7f4a7c15;
  const length = text.length;
  const even = length & ~1;
  for (let i = 0; i < even; i += 2) {
    const block = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
    let mixed = Math.imul(block, 0x239b961b);
    high ^= Math.imul((mixed << 15) | (mixed >>> 17), 0xab0e9789 | 0);
    high = (((high << 19) | (high >>> 13)) + low) | 0;
    high = (Math.imul(high, 5) + 0x561ccd1b) | 0;
    mixed = Math.imul(block, 0x38b34ae5);
    low ^= Math.imul((mixed << 17) | (mixed >>> 15), 0xa1e38b93 | 0);
    low = (((low << 13) | (low >>> 19)) + high) | 0;
    low = (Math.imul(low, 5) + 0x32ac3b17) | 0;
  }
  if (even !== length) {
    const block = text.charCodeAt(even);
    const mixed = Math.imul(block, 0x239b961b);
    high ^= Math.imul((mixed << 15) | (mixed >>> 17), 0xab0e9789 | 0);
    low ^= Math.imul(block, 0x38b34ae5);
  }
  finish(high, low, length);
}

/** Hashes the ASCII text at `bytes[start]` to `bytes[end - 1]` as `hashString` would. */
export function hashAscii(bytes: Uint8Array, start: number, end: number, seedHi = 0, seedLo = 0): void {
  let high = seedHi ^ 0x9e3779b9;
  let low = seedLo ^ 0x7f4a7c15;
  const length = end - start;
  const even = start + (length & ~1);
  for (let i = start; i < even; i += 2) {
    const block = (bytes[i] as number) | ((bytes[i + 1] as number) << 16);
    let mixed = Math.imul(block, 0x239b961b);
    high ^= Math.imul((mixed << 15) | (mixed >>> 17), 0xab0e9789 | 0);
    high = (((high << 19) | (high >>> 13)) + low) | 0;
    high = (Math.imul(high, 5) + 0x561ccd1b) | 0;
    mixed = Math.imul(block, 0x38b34ae5);
    low ^= Math.imul((mixed << 17) | (mixed >>> 15), 0xa1e38b93 | 0);
    low = (((low << 13) | (low >>> 19)) + high) | 0;
    low = (Math.imul(low, 5) + 0x32ac3b17) | 0;
  }
  if (even !== end) {
    const block = bytes[even] as number;
    const mixed = Math.imul(block, 0x239b961b);
    high ^= Math.imul((mixed << 15) | (mixed >>> 17), 0xab0e9789 | 0);
    low ^= Math.imul(block, 0x38b34ae5);
  }
  finish(high, low, length);
}

function finish(highOfAll: number, lowOfAll: number, length: number): void {
  let high = highOfAll ^ length;
  let low = lowOfAll ^ length;
  high = (high + low) | 0;
  low = (low + high) | 0;
  high = finalMix(high);
  low = finalMix(low);
  high = (high + low) | 0;
  low = (low + high) | 0;
  hashHi = high;
  hashLo = low;
}

/** MurmurHash3's 32-bit finaliser: a bijection in which every input bit reaches every output bit. */
function finalMix(half: number): number {
  let mixed = half ^ (half >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
