/** Fields that name people by their ids. */
const ofPeople = new Set(['user_id', 'users', 'assigned_to']);
/** The most values kept of one kind of id. */
const MAX_VALUES = 12;

/**
 * Ids that answers have shown, by what they are of, so that later requests find something: `task_id` by its name
 * wherever it stands, and `id` by the path that it was answered at, `/rules` and all below it. `spared` are never given.
 */
export function createKnownIds(spared: ReadonlySet<string>) {
  const values = new Map<string, (string | number)[]>();

  function add(kind: string, value: unknown): void {
    if ((typeof value !== 'string' && typeof value !== 'number') || value === '' || spared.has(String(value))) return;
    const kept = values.get(kind) ?? [];
    values.set(kind, kept);
    if (kept.includes(value)) return;
    // The oldest make place: what was deleted is not asked for again and again.
    if (kept.length >= MAX_VALUES) kept.shift();
    kept.push(value);
  }

  function collect(resource: string, value: unknown): void {
    if (Array.isArray(value)) for (const each of value as unknown[]) collect(resource, each);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, each] of Object.entries(value)) {
      if (name === 'id') add(resource, each);
      else if (name === 'next_cursor') add(`cursor of ${resource}`, each);
      else if (name.endsWith('_id')) add(name, each);
      collect(resource, each);
    }
  }

  return {
    /** Takes the ids of an answer to a request of `path`; what is no JSON has none. */
    remember(path: string, text: string): void {
      try {
        collect(resourceOf(path), JSON.parse(text));
      } catch {
        return;
      }
    },

    /** Ids for the field or parameter `name` of a request of `path`; none where no answer has shown any. */
    of(path: string, name: string): readonly (string | number)[] {
      if (name === 'cursor') return values.get(`cursor of ${resourceOf(path)}`) ?? [];
      if (ofPeople.has(name)) return values.get('users') ?? [];
      if (name !== 'id' && !name.endsWith('_id')) return [];
      // `/rules` answers `id`, other paths call it `rule_id`.
      return values.get(name) ?? values.get(`${name.slice(0, -3)}s`) ?? values.get(resourceOf(path)) ?? [];
    },
  };
}
export type KnownIds = ReturnType<typeof createKnownIds>;

/** `rules` of `/api/v1/rules/{rule_id}/versions`. */
function resourceOf(path: string): string {
  return path.split('/').find((part, at) => at > 2 && part !== '') ?? '';
}
