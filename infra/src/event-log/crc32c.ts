/**
 * CRC-32C (Castagnoli), as Kafka's record batches carry it, eight bytes a step ("slicing by 8"): nearly three
 * times as fast as kafkajs' own, and it runs over every byte that is produced.
 */

const SLICES = 8;
const POLYNOMIAL = 0x82f63b78;

/** Entry `256 * s + b`: the checksum's change by byte `b` with `s` bytes after it in the step. */
const TABLE = buildTable();

/** The checksum of `bytes` from `start` to `end`, as an unsigned 32-bit integer. */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (; at + SLICES <= end; at += SLICES) {
    const low = crc ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    crc =
      entry(1792 | (low & 255)) ^
      entry(1536 | ((low >>> 8) & 255)) ^
      entry(1280 | ((low >>> 16) & 255)) ^
      entry(1024 | (low >>> 24)) ^
      entry(768 | (high & 255)) ^
      entry(512 | ((high >>> 8) & 255)) ^
      entry(256 | ((high >>> 16) & 255)) ^
      entry(high >>> 24);
  }
  for (; at < end; at++) crc = entry((crc ^ bytes.readUInt8(at)) & 255) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

/** The table has an entry for every index that the masks above let through. */
function entry(index: number): number {
  return TABLE[index] as number;
}

function buildTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const previous = table[i - 256] as number;
    table[i] = (previous >>> 8) ^ (table[previous & 255] as number);
  }
  return table;
}
