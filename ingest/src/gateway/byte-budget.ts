import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Bytes of one request's body that are held in memory. */
export interface Reservation {
  /** Holds more bytes, or throws the problem to answer with: 503 where the gateway is full, 429 where the client is. */
  take(bytes: number): void;
  /** Gives some back, such as the packed bytes of what is unpacked now. */
  give(bytes: number): void;
  /** Gives everything back. Safe to call twice. */
  release(): void;
}

/**
 * Bounds the memory of bodies in flight. One client may hold at most half of it, so that a sender who
 * piles up requests cannot shut out the others.
 */
export class ByteBudget {
  readonly #total: number;
  readonly #perClient: number;
  #held = 0;
  /** Only clients with bytes in flight are in here, which bounds it. */
  readonly #byClient = new Map<string, number>();

  constructor(total: number) {
    this.#total = total;
    this.#perClient = total / 2;
  }

  get held(): number {
    return this.#held;
  }

  open(client: string): Reservation {
    let own = 0;
    const give = (bytes: number): void => {
      own -= bytes;
      this.#held -= bytes;
      const left = (this.#byClient.get(client) ?? 0) - bytes;
      if (left > 0) this.#byClient.set(client, left);
      else this.#byClient.delete(client);
    };
    return {
      take: (bytes) => {
        if (this.#held + bytes > this.#total) {
          throw new HttpProblem(503, 'too-busy', 'The gateway holds as many bytes as it may; send again later.', {
            'retry-after': '1',
          });
        }
        const ofClient = (this.#byClient.get(client) ?? 0) + bytes;
        if (ofClient > this.#perClient) {
          throw new HttpProblem(429, 'too-many-bytes', 'Too many bytes of yours are in flight; wait for answers first.', {
            'retry-after': '1',
          });
        }
        own += bytes;
        this.#held += bytes;
        this.#byClient.set(client, ofClient);
      },
      give,
      release: () => give(own),
    };
  }
}
