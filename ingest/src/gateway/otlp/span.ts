import { READ } from './vocabulary.ts';

/** A span as it came over OTLP, in either of its encodings. */
export interface Span {
  /** Lower-case hexadecimal digits; empty where the sender gave none. */
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** Nanoseconds since the epoch; 0 where the sender gave none. */
  readonly start: bigint;
  readonly end: bigint;
  readonly failed: boolean;
  /** Why it failed, in the sender's words; empty where it does not say. */
  readonly failure: string;
  readonly attributes: Attributes;
  /** What is said of all spans of its program. */
  readonly resource: Attributes;
}

/** The value of an attribute, as JSON writes it: bytes as base64, integers beyond 2^53 as text. */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | { readonly [key: string]: AttributeValue };

/** A body that holds no traces that could be read; nothing of it is taken. */
export class MalformedTraces extends Error {
  override readonly name = 'MalformedTraces';
}

/** The longest name of an attribute, in characters. */
const LONGEST_KEY = 256;
/** The largest value that is kept, in bytes as sent: the text of a long conversation does not push out the figures beside it. */
const LARGEST_VALUE_BYTES = 32 * 1_024;
/** All values of one span, or of one resource, but for those that an event is made of where they are no longer than this. */
const ALL_VALUES_BYTES = 96 * 1_024;
const LARGEST_READ_BYTES = 1_024;
/** So many of those left out are named. */
const NAMED_LEFT_OUT = 16;

/** The attributes of a span or a resource, with a bound on what they hold. */
export class Attributes {
  readonly leftOut: string[] = [];
  readonly #values = new Map<string, AttributeValue>();
  #bytes = 0;

  /** Keeps a value that takes so many bytes as it was sent, or notes that it is left out. */
  add(key: string, bytes: number, read: () => AttributeValue): void {
    if (key === '' || key.length > LONGEST_KEY) return;
    const mustStay = bytes <= LARGEST_READ_BYTES && READ.has(key);
    if (!mustStay) {
      if (bytes > LARGEST_VALUE_BYTES || this.#bytes + key.length + bytes > ALL_VALUES_BYTES) {
        if (this.leftOut.length < NAMED_LEFT_OUT) this.leftOut.push(key);
        return;
      }
      this.#bytes += key.length + bytes;
    }
    this.#values.set(key, read());
  }

  /** Those of these that are there, in their order. */
  all(names: readonly string[]): AttributeValue[] {
    return names.map((name) => this.#values.get(name)).filter((value) => value !== undefined);
  }

  /** The first of these that is there. */
  first(names: readonly string[]): AttributeValue | undefined {
    return this.all(names)[0];
  }

  toJSON(): Record<string, AttributeValue> {
    return Object.fromEntries(this.#values);
  }
}

/** An integer of 64 bits: a number where one holds it exactly, else its digits. */
export function integer(value: bigint): number | string {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
}
