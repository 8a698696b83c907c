import { begin, finish, position, putVarint, readFrom, readVarint } from '@fleetbeat/infra/time-series/varint.ts';

/** Tells new events from duplicates, asked once for each valid event of a source in the order of the log. */
export interface Identities {
  /** The halves of the identity as signed 32-bit integers. False for a duplicate. */
  add(hi: number, lo: number): boolean;
}

/** Places of a cut's duplicates among its valid events, counted from 0, as bytes: each as the distance from the one before. */
export function encodeDuplicates(places: readonly number[]): Uint8Array {
  begin();
  places.forEach((place, index) => putVarint(place - (places[index - 1] ?? 0)));
  return finish();
}

/** Says of a cut's events what was said when it was made, whatever has become of the identities before it. */
export class KnownDuplicates implements Identities {
  readonly #bytes: Uint8Array;
  #read = 0;
  #next = -1;
  #place = 0;

  /** Bytes of `encodeDuplicates`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#advance(0);
  }

  add(): boolean {
    const isDuplicate = this.#place++ === this.#next;
    if (isDuplicate) this.#advance(this.#next);
    return !isDuplicate;
  }

  #advance(last: number): void {
    if (this.#read === this.#bytes.length) {
      this.#next = -1;
      return;
    }
    readFrom(this.#read);
    this.#next = last + readVarint(this.#bytes);
    this.#read = position;
  }
}
