import type { Plugin, Rolldown } from 'vite';

/** What a page needs beside the shell: paths from the root of the site. */
export interface PageFiles {
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

const PAGE = /\/src\/routes(\/.*)?\/\+page\.svelte$/;
const LAYOUT = /\/src\/routes(\/.*)?\/\+layout\.svelte$/;
/** Kit waits for it before it looks for the page, so that it can be shown when nothing else can be loaded. */
const FALLBACK = /\/src\/routes\/\+error\.svelte$/;

/**
 * Writes down which files each page needs, by its route. The BFF names them in the page that it answers, so that a browser
 * asks for them at once: Kit alone has them asked for when the shell runs. `soon` names chunks that are imported while
 * what needs them is still being loaded: they are asked for with it.
 */
export function pageFiles(fileName: string, soon: readonly string[]): Plugin {
  return {
    name: 'fleetbeat:page-files',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'client',

    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const pages = new Map<string, Set<string>>();
        const layouts = new Map<string, Set<string>>();
        const fallback = new Set<string>();
        for (const chunk of Object.values(bundle)) {
          if (chunk.type !== 'chunk' || chunk.facadeModuleId === null) continue;
          const imported = this.getModuleInfo(chunk.facadeModuleId)?.importedIds ?? [];
          const files = closureOf(chunk.fileName, bundle, soon);
          if (imported.some((id) => FALLBACK.test(id))) for (const name of files) fallback.add(name);
          for (const [pattern, found] of [
            [PAGE, pages],
            [LAYOUT, layouts],
          ] as const) {
            const match = imported.map((id) => pattern.exec(id)).find((one) => one !== null);
            if (match) found.set(match[1] ?? '/', files);
          }
        }
        const files = [...pages].map(([route, own]): [string, PageFiles] => {
          const above = [...layouts].filter(([path]) => route.startsWith(`${path}/`)).flatMap(([, its]) => [...its]);
          const all = [...new Set([...own, ...above, ...fallback])];
          const styles = new Set(all.flatMap((name) => [...stylesOf(bundle[name])]));
          return [route, { scripts: all.map((name) => `/${name}`), styles: [...styles].map((name) => `/${name}`) }];
        });
        this.emitFile({ type: 'asset', fileName, source: JSON.stringify(Object.fromEntries(files)) });
      },
    },
  };
}

function closureOf(entry: string, bundle: Rolldown.OutputBundle, soon: readonly string[]): Set<string> {
  const found = new Set<string>();
  const waiting = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const chunk = bundle[name];
    if (chunk?.type !== 'chunk') continue;
    waiting.push(...chunk.imports, ...chunk.dynamicImports.filter((one) => soon.includes(bundle[one]?.name ?? '')));
  }
  return found;
}

function stylesOf(chunk: Rolldown.OutputBundle[string] | undefined): Iterable<string> {
  return chunk?.type === 'chunk' ? (chunk.viteMetadata?.importedCss ?? []) : [];
}
