/**
 * Postgres arrays in their binary form, which `pg` sends as it is: a tenth of the work of building and
 * parsing `{1,2,3}`. Layout: dimensions, has-nulls flag, element type, length, lower bound, then each
 * element as length (-1 for null) and bytes; everything big-endian.
 */

const OID = { int8: 20, int2: 21, text: 25, bytea: 17 } as const;
const HEADER = 20;

const LARGEST_INT8 = 9_223_372_036_854_774_784;

/** An empty array of bigint; `unnest` fills up with nulls what is shorter than the others. */
export const NO_INT8 = emptyArray(OID.int8);
const NO_TEXT = emptyArray(OID.text);

function emptyArray(elementType: number): Buffer {
  const buffer = Buffer.alloc(12);
  buffer.writeInt32BE(elementType, 8);
  return buffer;
}

/** `bigint[]` of `count` integers; what does not fit into 64 bits saturates. Throws a `RangeError` for a fraction or NaN. */
export function int8Array(count: number, at: (index: number) => number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + 12 * count);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let offset = header(buffer, OID.int8, count);
  for (let i = 0; i < count; i++) {
    const value = at(i);
    if (!Number.isInteger(value)) throw new RangeError(`not an integer: ${value}`);
    const held = Math.min(LARGEST_INT8, Math.max(-LARGEST_INT8, value));
    const high = Math.floor(held / 4_294_967_296);
    view.setInt32(offset, 8);
    view.setInt32(offset + 4, high);
    view.setUint32(offset + 8, held - high * 4_294_967_296);
    offset += 12;
  }
  return buffer;
}

/** `smallint[]`. */
export function int2Array(count: number, at: (index: number) => number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + 6 * count);
  let offset = header(buffer, OID.int2, count);
  for (let i = 0; i < count; i++) {
    buffer.writeInt32BE(2, offset);
    buffer.writeInt16BE(at(i), offset + 4);
    offset += 6;
  }
  return buffer;
}

/** `text[]` with nulls; an empty one where there is nothing else. */
export function textArray(count: number, at: (index: number) => string | null): Buffer {
  let size = HEADER;
  let given = false;
  for (let i = 0; i < count; i++) {
    const text = at(i);
    given ||= text !== null;
    size += 4 + 3 * (text?.length ?? 0);
  }
  if (!given) return NO_TEXT;
  const buffer = Buffer.allocUnsafe(size);
  let offset = header(buffer, OID.text, count);
  buffer.writeInt32BE(1, 4);
  for (let i = 0; i < count; i++) {
    const text = at(i);
    const length = text === null ? 0 : buffer.write(text, offset + 4, 'utf8');
    buffer.writeInt32BE(text === null ? -1 : length, offset);
    offset += 4 + length;
  }
  return buffer.subarray(0, offset);
}

/** `bytea[]` with nulls. */
export function byteaArray(count: number, at: (index: number) => Uint8Array | null): Buffer {
  let size = HEADER;
  for (let i = 0; i < count; i++) size += 4 + (at(i)?.length ?? 0);
  const buffer = Buffer.allocUnsafe(size);
  let offset = header(buffer, OID.bytea, count);
  buffer.writeInt32BE(1, 4);
  for (let i = 0; i < count; i++) {
    const bytes = at(i);
    offset = buffer.writeInt32BE(bytes === null ? -1 : bytes.length, offset);
    if (bytes === null) continue;
    buffer.set(bytes, offset);
    offset += bytes.length;
  }
  return buffer;
}

function header(buffer: Buffer, elementType: number, count: number): number {
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(elementType, 8);
  buffer.writeInt32BE(count, 12);
  return buffer.writeInt32BE(1, 16);
}
