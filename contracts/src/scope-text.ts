import type { Labels } from './events.ts';

/** A scope as the address has it: `environment:production,project:checkout`. Pure. */

export interface ScopeLabel {
  readonly name: string;
  readonly value: string;
}

/** Labels of one scope at most; the API takes no more. */
export const MOST_LABELS = 16;
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const LONGEST_VALUE = 300;

/** The labels in a text, by name; what makes no sense is left out, and of two values of a name the later one counts. */
export function parseScope(text: string | null): ScopeLabel[] {
  const labels = new Map<string, string>();
  for (const part of (text ?? '').split(',')) {
    const at = part.indexOf(':');
    const [name, value] = [part.slice(0, at), unescaped(part.slice(at + 1))];
    if (at > 0 && NAME.test(name) && value !== null && value !== '') labels.set(name, value);
  }
  return inOrder([...labels].slice(0, MOST_LABELS).map(([name, value]) => ({ name, value })));
}

export function scopeText(labels: readonly ScopeLabel[]): string {
  return inOrder(labels)
    .map(({ name, value }) => `${name}:${value.replaceAll('%', '%25').replaceAll(',', '%2C')}`)
    .join(',');
}

/** "environment = production, project = checkout"; nothing for everything. */
export function scopeWords(labels: readonly ScopeLabel[]): string {
  return labels.map(({ name, value }) => `${name} = ${value}`).join(', ');
}

/** Labels as a scope has them. */
export function scopeLabels(labels: Labels): ScopeLabel[] {
  return inOrder(Object.entries(labels).map(([name, value]) => ({ name, value })));
}

/** The labels with one more; of another value of the same name it takes the place. */
export function withLabel(labels: readonly ScopeLabel[], label: ScopeLabel): ScopeLabel[] {
  return inOrder([...labels.filter(({ name }) => name !== label.name), label]);
}

/** Names by which fleets are mostly parted come first, then by name. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return rankOf(a.name) - rankOf(b.name) || (a.name < b.name ? -1 : 1);
}

const FIRST = ['environment', 'project', 'team'];

function rankOf(name: string): number {
  const at = FIRST.indexOf(name);
  return at < 0 ? FIRST.length : at;
}

function inOrder(labels: readonly ScopeLabel[]): ScopeLabel[] {
  return labels.toSorted(byName);
}

function unescaped(value: string): string | null {
  // eslint-disable-next-line no-control-regex -- the API refuses control characters
  if (value.length > LONGEST_VALUE || /[\u0000-\u001f\u007f]/.test(value)) return null;
  return value.replaceAll(/%2c/gi, ',').replaceAll('%25', '%');
}
