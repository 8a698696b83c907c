import type { Mistake } from '../api/mistakes.ts';
import { readDraftText, type ReadDraft } from './json-draft.ts';

/** Something that is written as a form and as JSON, both in step. */
export class FormDraft<T extends object> {
  /** What the form shows: the last that could be read. */
  value: T = $state() as T;
  /** What the JSON shows. */
  text = $state('');
  view = $state<'form' | 'json'>('form');
  /** What keeps the text from being shown in the form. */
  unreadable = $state.raw<readonly Mistake[]>([]);
  readonly #read: (value: unknown) => ReadDraft<T>;

  constructor(value: T, read: (value: unknown) => ReadDraft<T>) {
    this.value = value;
    this.#read = read;
  }

  show(view: 'form' | 'json'): void {
    if (view === this.view || (view === 'form' && this.unreadable.length > 0)) return;
    if (view === 'json') this.text = JSON.stringify(this.value, null, 2);
    this.view = view;
  }

  /** Takes what was typed as JSON; the form follows as soon as it can be read. */
  type(text: string): void {
    this.text = text;
    const read = readDraftText(text, this.#read);
    this.unreadable = 'draft' in read ? [] : read.mistakes;
    if ('draft' in read) this.value = read.draft;
  }

  /** What is sent. Throws a `SyntaxError` where the text is no JSON. */
  whole(): unknown {
    return this.view === 'json' ? (JSON.parse(this.text) as unknown) : $state.snapshot(this.value);
  }
}
