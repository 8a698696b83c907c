import type { Plugin } from 'vite';

const ICON = /\/@lucide\/svelte\/dist\/icons\/[\w-]+\.svelte$/;
const DATA = /const iconData = (\{.*\});/;

interface IconData {
  readonly name: string;
  readonly size: number;
  readonly node: readonly (readonly [tag: string, attributes: Readonly<Record<string, string>>])[];
}

/**
 * Makes each of Lucide's icons a template that is cloned. As they come, each builds its elements one by one from a list, with
 * three merged sets of attributes: a tenth of what the browser has to run before the first figures are there. They take `size`
 * and `strokeWidth`, and are there for the eye alone: what they say is said in words beside them.
 */
export function staticIcons(): Plugin {
  return {
    name: 'fleetbeat:static-icons',
    enforce: 'pre',
    transform: {
      filter: { id: ICON },
      handler(code, id) {
        const data = DATA.exec(code)?.[1];
        // Another version of Lucide, which has its icons in another way.
        if (data === undefined) this.error(`no icon is found in ${id}`);
        return { code: staticIcon(JSON.parse(data) as IconData), map: null };
      },
    },
  };
}

/** The Svelte component of an icon. */
export function staticIcon({ name, size, node }: IconData): string {
  const shapes = node.map(([tag, attributes]) => `<${tag}${attributesOf(attributes)} />`);
  return `<script>let { size = ${size}, strokeWidth = 2 } = $props();</script>
<svg xmlns="http://www.w3.org/2000/svg" width={size} height={size} viewBox="0 0 ${size} ${size}" fill="none" stroke="currentColor" \
stroke-width={strokeWidth} stroke-linecap="round" stroke-linejoin="round" class="lucide lucide-${name}" aria-hidden="true">${shapes.join('')}</svg>
`;
}

const attributesOf = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('');
