import type { Plugin } from 'vite';

/** Modules that go into one file, with everything that they need: a name, and the modules that begin it. */
export interface SharedChunk {
  readonly name: string;
  readonly roots: RegExp;
}

/** They pass on what others may need of a package: all of it would follow, what is loaded when first asked for included. */
const DOORS = /\/node_modules\/(layerchart\/dist\/\w+|@layerstack\/utils\/dist\/index)\.js$/;
/** Has a browser compile all functions of a file beside the page, and not one by one, each when it is called, within it. */
const COMPILE_AT_ONCE = '//# allFunctionsCalledOnLoad';
/** Kit finds its entries by the files that they are in. */
const KITS_OWN = /\/@sveltejs\/kit\/|\/\.svelte-kit\//;
/**
 * Kit's first script says which version this is, and loads the rest. Were the rest in the files of that script it would be
 * there first, know no version, take every one for a newer one, and load a page that is not found again, for ever.
 */
const KITS_START = [
  { name: 'start', priority: 101, test: /\/kit\/src\/runtime\/client\/payload\.js$|vite\/preload-helper/ },
  { name: 'kit', priority: 100, test: /\/kit\/src\/runtime\/(app|client)\/(?!entry\.js)/ },
];

/**
 * Puts what nearly every page needs into few files. Left alone, the bundler makes one for each set of pages that share
 * something: 65 for the Overview, most of them below a kilobyte, which a browser asks for six at a time.
 */
export function sharedChunks(chunks: readonly SharedChunk[]): Plugin {
  const members = chunks.map(() => new Set<string>());
  const eager = new Set([...KITS_START, ...chunks].map(({ name }) => name));
  return {
    name: 'fleetbeat:shared-chunks',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'client',

    configEnvironment: (name) =>
      name !== 'client'
        ? undefined
        : {
            build: {
              rolldownOptions: {
                output: {
                  codeSplitting: {
                    groups: [
                      ...KITS_START,
                      ...chunks.map((chunk, index) => ({
                        name: chunk.name,
                        priority: chunks.length - index,
                        test: (id: string) => members[index]?.has(id) === true,
                      })),
                    ],
                  },
                },
              },
            },
          },

    buildEnd() {
      chunks.forEach(({ roots }, index) => {
        const found = new Set<string>();
        const waiting = [...this.getModuleIds()].filter((id) => roots.test(id));
        for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
          if (found.has(id) || KITS_OWN.test(id) || DOORS.test(id)) continue;
          found.add(id);
          waiting.push(...(this.getModuleInfo(id)?.importedIds ?? []));
        }
        members[index] = found;
      });
    },

    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk' && eager.has(chunk.name)) chunk.code = `${COMPILE_AT_ONCE}\n${chunk.code}`;
      }
    },
  };
}
