/**
 * Unsigned LEB128 integers up to 2^53 - 1, as the sketches' bytes use them. One growing scratch buffer
 * serves every writer: `begin`, any number of `put…`, then `finish` copies the bytes out. Nothing may
 * await in between.
 */
let scratch = new Uint8Array(1024);
let length = 0;

export function begin(): void {
  length = 0;
}

export function putByte(byte: number): void {
  if (length === scratch.length) grow(1);
  scratch[length++] = byte;
}

export function putVarint(value: number): void {
  if (length + 8 > scratch.length) grow(8);
  let rest = value;
  // Bit operations see 32 bits only.
  while (rest > 0x7fffffff) {
    scratch[length++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    scratch[length++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  scratch[length++] = rest;
}

export function putBytes(bytes: Uint8Array): void {
  if (length + bytes.length > scratch.length) grow(bytes.length);
  scratch.set(bytes, length);
  length += bytes.length;
}

export function finish(): Uint8Array {
  return scratch.slice(0, length);
}

function grow(room: number): void {
  const larger = new Uint8Array(Math.max(scratch.length * 2, length + room));
  larger.set(scratch);
  scratch = larger;
}

/** Where the last `readVarint` stopped; set it before the first. */
export let position = 0;

export function readFrom(start: number): void {
  position = start;
}

/** Throws a `RangeError` where the bytes end too early or the number is too large. */
export function readVarint(bytes: Uint8Array): number {
  let byte = bytes[position++];
  if (byte !== undefined && byte < 128) return byte;
  let value = 0;
  let scale = 1;
  for (;;) {
    if (byte === undefined) throw new RangeError('the bytes of a sketch end too early');
    value += (byte & 127) * scale;
    if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a number in a sketch is too large');
    if (byte < 128) return value;
    scale *= 128;
    if (scale > Number.MAX_SAFE_INTEGER) throw new RangeError('a number in a sketch is too long');
    byte = bytes[position++];
  }
}
