/**
 * The hash that Kafka's Java client places keyed records by, so that every producer, whichever client
 * it uses, puts one key into one partition. Same constants as org.apache.kafka.common.utils.Utils.murmur2.
 */

const SEED = 0x9747b28c | 0;
const MIX = 0x5bd1e995;

/** Which of `partitions` partitions holds `key`: toPositive(murmur2(UTF-8 of key)) % partitions. */
export function partitionOf(key: string, partitions: number): number {
  return partitions === 1 ? 0 : (murmur2(key) & 0x7fffffff) % partitions;
}

/** murmur2 over the UTF-8 bytes of `key`, as a signed 32-bit integer. */
export function murmur2(key: string): number {
  const length = key.length;
  let hash = SEED ^ length;
  let at = 0;
  // Runs once an event: ASCII, the usual case, needs no bytes. The first other character starts over.
  for (; at + 4 <= length; at += 4) {
    const a = key.charCodeAt(at);
    const b = key.charCodeAt(at + 1);
    const c = key.charCodeAt(at + 2);
    const d = key.charCodeAt(at + 3);
    if ((a | b | c | d) > 0x7f) return murmur2Bytes(Buffer.from(key));
    hash = mixWord(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  let tail = 0;
  for (let i = length - 1; i >= at; i--) {
    const code = key.charCodeAt(i);
    if (code > 0x7f) return murmur2Bytes(Buffer.from(key));
    tail = (tail << 8) | code;
  }
  return finish(hash, tail, length - at);
}

function murmur2Bytes(bytes: Buffer): number {
  const length = bytes.length;
  let hash = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) hash = mixWord(hash, bytes.readInt32LE(at));
  let tail = 0;
  for (let i = length - 1; i >= at; i--) tail = (tail << 8) | bytes.readUInt8(i);
  return finish(hash, tail, length - at);
}

function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, MIX);
  k ^= k >>> 24;
  return Math.imul(hash, MIX) ^ Math.imul(k, MIX);
}

function finish(hash: number, tail: number, tailBytes: number): number {
  let h = hash;
  if (tailBytes > 0) h = Math.imul(h ^ tail, MIX);
  h = Math.imul(h ^ (h >>> 13), MIX);
  return h ^ (h >>> 15);
}
