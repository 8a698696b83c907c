/** Older than this an answer is not what was asked for, and two moments further apart are not the same, in milliseconds. */
const FRESH_MS = 5_000;
/** Moments in a query: both askers mean now, and are some milliseconds apart. */
const MOMENTS = new Set(['from', 'to']);

interface Kept {
  readonly url: string;
  readonly at: number;
  readonly answer: Promise<unknown>;
}

/** Answers that were asked for before whoever needs them was there. Each is given once, and while it is fresh. */
export class Ahead {
  #kept: readonly Kept[] = [];

  /** One that fails is not kept: whoever needs it asks again, and hears why. */
  keep(url: string, answer: Promise<unknown>, now = Date.now()): void {
    const kept = { url, at: now, answer };
    this.#kept = [...this.#kept, kept];
    answer.catch(() => this.#drop(kept));
  }

  /** The answer to the same question, if there is one. */
  take(url: string, now = Date.now()): Promise<unknown> | undefined {
    this.#kept = this.#kept.filter(({ at }) => now - at < FRESH_MS);
    const found = this.#kept.find((one) => isSame(one.url, url));
    if (found !== undefined) this.#drop(found);
    return found?.answer;
  }

  #drop(kept: Kept): void {
    this.#kept = this.#kept.filter((one) => one !== kept);
  }
}

function isSame(one: string, other: string): boolean {
  const [path, query] = one.split('?');
  const [otherPath, otherQuery] = other.split('?');
  if (path !== otherPath) return false;
  const fields = fieldsOf(query);
  const others = fieldsOf(otherQuery);
  return (
    fields.length === others.length &&
    fields.every(([name, value], index) => {
      const [otherName, otherValue] = others[index] ?? [];
      if (name !== otherName) return false;
      return value === otherValue || (MOMENTS.has(name) && Math.abs(Number(value) - Number(otherValue)) < FRESH_MS);
    })
  );
}

function fieldsOf(query: string | undefined): [name: string, value: string][] {
  return [...new URLSearchParams(query)].toSorted(([a, x], [b, y]) => (a === b ? Number(x > y) - Number(x < y) : a < b ? -1 : 1));
}
