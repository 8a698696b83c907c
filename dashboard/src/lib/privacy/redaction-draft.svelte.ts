import type { RedactionSettings, StoredRedaction } from '@fleetbeat/contracts/redaction.ts';

/** Settings of redaction while somebody changes them; paths are a line each. */
export class RedactionDraft {
  readonly #stored: string = '';
  value: RedactionSettings = $state() as RedactionSettings;
  fields = $state('');
  drop = $state('');

  constructor(stored: StoredRedaction) {
    const { revision: _, updated_at: __, updated_by: ___, ...settings } = stored;
    this.value = settings;
    this.fields = settings.fields.join('\n');
    this.drop = settings.drop.join('\n');
    this.#stored = textOf(settings);
  }

  /** What is sent. */
  readonly settings: RedactionSettings = $derived({
    ...$state.snapshot(this.value),
    fields: linesOf(this.fields),
    drop: linesOf(this.drop),
  });
  readonly changed: boolean = $derived(textOf(this.settings) !== this.#stored);
}

function textOf({ enabled, detectors, patterns, replace, fields, drop }: RedactionSettings): string {
  const written = patterns.map(({ name, pattern }) => [name, pattern]);
  return JSON.stringify([enabled, detectors.toSorted(), written, replace, fields, drop]);
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
