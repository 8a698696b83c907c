import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';

const browserGlobals = Object.fromEntries(
  ['window', 'document', 'localStorage', 'location', 'navigator', 'fetch', 'setTimeout', 'clearTimeout', 'console'].map(
    (name) => [name, 'readonly'],
  ),
);

export default defineConfig(
  globalIgnores(['**/node_modules/', '**/build/', '**/.svelte-kit/', '**/.data*/', '**/.cache/', '**/target/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    ignores: ['dashboard/**'],
    extends: [ts.configs.recommended],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    // Only what the compiler, which is stricter than most rules, does not find itself.
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-control-regex': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['dashboard/**/*.ts'],
    extends: [ts.configs.recommended],
    rules: { '@typescript-eslint/no-non-null-assertion': 'error', '@typescript-eslint/no-unused-vars': 'off' },
  },
  {
    files: ['dashboard/**/*.svelte', 'dashboard/**/*.svelte.ts'],
    extends: [svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: ts.parser }, globals: browserGlobals },
    rules: {
      // The application is served from the root of its host: resolve() would only wrap each link.
      'svelte/no-navigation-without-resolve': 'off',
      // A Map that lives inside one function needs no reactivity.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
);
