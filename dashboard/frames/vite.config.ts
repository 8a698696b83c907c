import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/** Builds the two pages of the frame benchmark on their own: nothing of them is part of the product. */
const here = import.meta.dirname;

export default defineConfig({
  root: here,
  plugins: [tailwindcss(), svelte({ configFile: false, compilerOptions: { runes: true } })],
  resolve: {
    alias: { '$app/navigation': join(here, 'app/navigation.ts'), '$app/state': join(here, 'app/state.ts') },
  },
  build: {
    target: 'es2022',
    rollupOptions: { input: [join(here, 'ours.html'), join(here, 'uplot.html')] },
  },
});
