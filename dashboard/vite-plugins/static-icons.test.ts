import { compile } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { staticIcon } from './static-icons.ts';

describe('a static icon', () => {
  const source = staticIcon({
    name: 'list-x',
    size: 24,
    node: [
      ['path', { d: 'M18 6 6 18' }],
      ['circle', { cx: '12', cy: '12', r: '3' }],
    ],
  });

  it('has its shapes in the template, and is hidden from screen readers', () => {
    expect(source).toContain('<path d="M18 6 6 18" /><circle cx="12" cy="12" r="3" /></svg>');
    expect(source).toContain('class="lucide lucide-list-x" aria-hidden="true"');
  });

  it('compiles to one template, with nothing that is made at run time', () => {
    const { js, warnings } = compile(source, { runes: true, generate: 'client' });
    expect(warnings).toEqual([]);
    expect(js.code).toContain('from_svg(');
    expect(js.code).not.toMatch(/\.(each|element|attribute_effect)\(/);
  });
});
