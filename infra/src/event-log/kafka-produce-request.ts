import { crc32c } from './crc32c.ts';

/**
 * Kafka's Produce request (versions 3 to 7), written in one piece: kafkajs nests eight encoders and copies every
 * value through each of them, which costs the gateway more than reading the events.
 */

export interface ProduceMessage {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
  readonly timestamp?: string;
}

export interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null | undefined;
  readonly producerId?: { toString(): string } | undefined;
  readonly compression?: number | undefined;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly messages: readonly ProduceMessage[] }[];
  }[];
}

const API_KEY = 0;
const FRAME_SIZE_BYTES = 4;
/** Offset, length, leader epoch, magic and checksum, which the checksum does not cover. */
const BATCH_PREFIX_BYTES = 8 + 4 + 4 + 1 + 4;
/** Attributes, last offset delta, two timestamps, producer id, epoch, sequence and the number of records. */
const BATCH_HEAD_BYTES = 2 + 4 + 8 + 8 + 8 + 2 + 4 + 4;
const MAGIC = 2;

/** Whether the encoding here is good for a request: no transaction, no idempotence, no compression, no times given. */
export function isPlain(request: ProduceRequest): boolean {
  return (
    (request.transactionalId ?? null) === null &&
    (request.producerId === undefined || request.producerId.toString() === '-1') &&
    (request.compression ?? 0) === 0 &&
    request.topicData.every(({ partitions }) =>
      partitions.every(({ messages }) =>
        messages.every(
          ({ timestamp, headers }) =>
            timestamp === undefined &&
            (headers === undefined ||
              Object.values(headers).every((value) => typeof value === 'string' || Buffer.isBuffer(value))),
        ),
      ),
    )
  );
}

/** The whole frame as it goes over the wire. `now` is written as the time of every record, epoch milliseconds. */
export function encodeProduce(
  request: ProduceRequest,
  apiVersion: number,
  correlationId: number,
  clientId: string,
  now: number,
): Buffer {
  // Sizes first, so that the frame is allocated once. Bodies of records in the order they are written in.
  const bodySizes: number[] = [];
  const recordSetSizes: number[] = [];
  let size = FRAME_SIZE_BYTES + 2 + 2 + 4 + 2 + Buffer.byteLength(clientId) + 2 + 2 + 4 + 4;
  for (const { topic, partitions } of request.topicData) {
    size += 2 + Buffer.byteLength(topic) + 4;
    for (const { messages } of partitions) {
      let records = BATCH_PREFIX_BYTES + BATCH_HEAD_BYTES;
      messages.forEach((message, i) => {
        const body = bodySize(message, i);
        bodySizes.push(body);
        records += varIntSize(body) + body;
      });
      recordSetSizes.push(records);
      size += 4 + 4 + records;
    }
  }

  const writer = new Writer(Buffer.allocUnsafe(size));
  writer.int32(size - FRAME_SIZE_BYTES);
  writer.int16(API_KEY);
  writer.int16(apiVersion);
  writer.int32(correlationId);
  writer.string(clientId);
  writer.int16(-1);
  writer.int16(request.acks);
  writer.int32(request.timeout);
  writer.int32(request.topicData.length);
  let record = 0;
  let recordSet = 0;
  for (const { topic, partitions } of request.topicData) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const { partition, messages } of partitions) {
      const records = recordSetSizes[recordSet++] ?? 0;
      writer.int32(partition);
      writer.int32(records);
      const batchAt = writer.at;
      writer.int64(0);
      writer.int32(records - 12);
      writer.int32(0);
      writer.int8(MAGIC);
      const checksumAt = writer.at;
      writer.int32(0);
      writer.int16(0);
      writer.int32(messages.length - 1);
      writer.int64(now);
      writer.int64(now);
      writer.int64(-1);
      writer.int16(0);
      writer.int32(0);
      writer.int32(messages.length);
      messages.forEach((message, i) => writeRecord(writer, message, i, bodySizes[record++] ?? 0));
      writer.bytes.writeUInt32BE(crc32c(writer.bytes, checksumAt + 4, batchAt + records), checksumAt);
    }
  }
  return writer.bytes;
}

function bodySize({ key, value, headers }: ProduceMessage, offsetDelta: number): number {
  // One byte of attributes and one for the time, which is the batch's.
  let size = 2 + varIntSize(offsetDelta) + fieldSize(key ?? null) + fieldSize(value);
  const names = headers === undefined ? [] : Object.keys(headers);
  size += varIntSize(names.length);
  for (const name of names) size += fieldSize(name) + fieldSize(headerValue(headers, name));
  return size;
}

function writeRecord(writer: Writer, { key, value, headers }: ProduceMessage, offsetDelta: number, size: number): void {
  writer.varInt(size);
  writer.int8(0);
  writer.varInt(0);
  writer.varInt(offsetDelta);
  writer.field(key ?? null);
  writer.field(value);
  const names = headers === undefined ? [] : Object.keys(headers);
  writer.varInt(names.length);
  for (const name of names) {
    writer.field(name);
    writer.field(headerValue(headers, name));
  }
}

function headerValue(headers: ProduceMessage['headers'], name: string): Buffer | string | null {
  const value = headers?.[name];
  return value === undefined || Array.isArray(value) ? null : value;
}

function fieldSize(field: Buffer | string | null): number {
  if (field === null) return 1;
  const size = typeof field === 'string' ? Buffer.byteLength(field) : field.length;
  return varIntSize(size) + size;
}

/** Bytes of a number in zig-zag base 128; none of ours is negative but -1, which takes one byte. */
function varIntSize(value: number): number {
  let rest = (value << 1) ^ (value >> 31);
  let size = 1;
  while ((rest >>>= 7) !== 0) size++;
  return size;
}

class Writer {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int8(value: number): void {
    this.at = this.bytes.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at);
  }

  /** Exact for integers up to 2^53. */
  int64(value: number): void {
    this.int32(Math.floor(value / 2 ** 32));
    this.at = this.bytes.writeUInt32BE(value >>> 0, this.at);
  }

  varInt(value: number): void {
    let rest = (value << 1) ^ (value >> 31);
    while (rest >>> 7 !== 0) {
      this.at = this.bytes.writeUInt8((rest & 0x7f) | 0x80, this.at);
      rest >>>= 7;
    }
    this.at = this.bytes.writeUInt8(rest, this.at);
  }

  string(value: string): void {
    this.int16(Buffer.byteLength(value));
    this.at += this.bytes.write(value, this.at);
  }

  field(value: Buffer | string | null): void {
    if (value === null) {
      this.varInt(-1);
    } else if (typeof value === 'string') {
      this.varInt(Buffer.byteLength(value));
      this.at += this.bytes.write(value, this.at);
    } else {
      this.varInt(value.length);
      this.at += value.copy(this.bytes, this.at);
    }
  }
}
