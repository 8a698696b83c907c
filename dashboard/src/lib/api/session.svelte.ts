import { api } from './client.ts';

/** Who is signed in, and what that allows. What is not allowed is not offered; the server decides all the same. */
class Session {
  name = $state<string | null>(null);
  /** Under which one's own comments stand. */
  id = $state<string | null>(null);
  #scopes = $state.raw<readonly string[]>([]);

  readonly canOperate = $derived(this.#scopes.includes('operate') || this.#scopes.includes('admin'));
  readonly isAdmin = $derived(this.#scopes.includes('admin'));

  /** Asks the server. Where it does not answer, nothing is allowed until it does. */
  async load(): Promise<void> {
    try {
      const { id, name, scopes } = await api.session();
      this.name = name;
      this.#scopes = scopes;
      this.id = id;
    } catch {
      // Every page says that the server is away; this need not.
    }
  }

  forget(): void {
    this.name = null;
    this.id = null;
    this.#scopes = [];
  }
}

export const session = new Session();
