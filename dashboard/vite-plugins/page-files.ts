import type { Plugin, Rolldown } from 'vite';

/** What a page needs beside the shell: paths from the root of the site. */
export interface PageFiles {
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

const PAGE = /\/src\/routes(\/.*)?\/\+page\.svelte$/;
const LAYOUT = /\/src\/routes(\/.*)?\/\+layout\.svelte$/;

/**
 * Writes down which files each page needs, by its route. The BFF names them in the page that it answers, so that a browser
 * asks for them at once: Kit alone has them asked for when the shell runs.
 */
export function pageFiles(fileName: string): Plugin {
  return {
    name: 'fleetbeat:page-files',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'client',

    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const pages = new Map<string, Set<string>>();
        const layouts = new Map<string, Set<string>>();
        for (const chunk of Object.values(bundle)) {
          if (chunk.type !== 'chunk' || chunk.facadeModuleId === null) continue;
          const imported = this.getModuleInfo(chunk.facadeModuleId)?.importedIds ?? [];
          for (const [pattern, found] of [
            [PAGE, pages],
            [LAYOUT, layouts],
          ] as const) {
            const match = imported.map((id) => pattern.exec(id)).find((one) => one !== null);
            if (match) found.set(match[1] ?? '/', closureOf(chunk.fileName, bundle));
          }
        }
        const files = [...pages].map(([route, own]): [string, PageFiles] => {
          const above = [...layouts].filter(([path]) => route.startsWith(`${path}/`)).flatMap(([, its]) => [...its]);
          const all = [...new Set([...own, ...above])];
          const styles = new Set(all.flatMap((name) => [...stylesOf(bundle[name])]));
          return [route, { scripts: all.map((name) => `/${name}`), styles: [...styles].map((name) => `/${name}`) }];
        });
        this.emitFile({ type: 'asset', fileName, source: JSON.stringify(Object.fromEntries(files)) });
      },
    },
  };
}

function closureOf(entry: string, bundle: Rolldown.OutputBundle): Set<string> {
  const found = new Set<string>();
  const waiting = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const chunk = bundle[name];
    if (chunk?.type === 'chunk') waiting.push(...chunk.imports);
  }
  return found;
}

function stylesOf(chunk: Rolldown.OutputBundle[string] | undefined): Iterable<string> {
  return chunk?.type === 'chunk' ? (chunk.viteMetadata?.importedCss ?? []) : [];
}
