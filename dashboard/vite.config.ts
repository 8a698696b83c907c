import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import { knownLocale } from './vite-plugins/known-locale.ts';
import { pageFiles } from './vite-plugins/page-files.ts';
import { sharedChunks } from './vite-plugins/shared-chunks.ts';
import { staticIcons } from './vite-plugins/static-icons.ts';

/** Where `npm run dev -w dashboard` finds a running BFF. */
const BFF = process.env['FLEETBEAT_URL'] ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [
    tailwindcss(),
    staticIcons(),
    knownLocale(),
    sharedChunks([
      { name: 'shell', roots: /\/src\/routes\/\+(layout|error)\.(svelte|ts)$/ },
      { name: 'overview', roots: /\/src\/routes\/\+page\.(svelte|ts)$/ },
      {
        name: 'charts',
        roots:
          /\/src\/lib\/charts\/ChartFrame\.svelte$|\/layerchart\/dist\/components\/(Chart\/ChartCore|layers\/(Svg|Canvas))\.svelte$/,
      },
    ]),
    pageFiles('_app/page-files.json', ['charts']),
    sveltekit({
      adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html', precompress: true }),
      compilerOptions: { runes: true },
    }),
  ],
  resolve: { alias: { 'tailwind-merge': '/src/lib/charts/join-classes.ts' } },
  build: {
    target: 'es2022',
    rolldownOptions: {
      // They do nothing but export, and do not say so: whoever needs one of them would bring all.
      treeshake: { moduleSideEffects: [{ test: /\/@layerstack\/utils\//, sideEffects: false }] },
    },
  },
  // Kit's own cookie package, not the older one that Express brings to the root of node_modules.
  ssr: { noExternal: ['cookie'] },
  server: {
    port: 5173,
    proxy: {
      // Under the name that the browser asked for, or the BFF would refuse a foreign origin.
      '/api': { target: BFF, changeOrigin: false },
      '/socket.io': { target: BFF, ws: true, changeOrigin: false },
    },
  },
});
