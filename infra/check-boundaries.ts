import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { forbiddenImport, importsOf } from './import-rule.ts';

/** `npm run boundaries`: prints every import that goes against the rule in import-rule.ts, and fails if there is one. */
const ROOT = join(import.meta.dirname, '..');
const SKIPPED = /(^|\/)(node_modules|build|\.svelte-kit|\.data[^/]*|\.cache)(\/|$)/;

const files = globSync('**/*.{ts,js,mjs,svelte}', { cwd: ROOT, exclude: (path) => SKIPPED.test(path) })
  .map((file) => file.replaceAll('\\', '/'))
  .sort();
const findings = files.flatMap((file) =>
  importsOf(readFileSync(join(ROOT, file), 'utf8')).flatMap((specifier) => {
    const reason = forbiddenImport(file, specifier);
    return reason === null ? [] : [`${file}: '${specifier}': ${reason}`];
  }),
);
for (const finding of findings) console.error(finding);
console.log(`${files.length} files checked, ${findings.length} forbidden imports`);
process.exitCode = findings.length === 0 ? 0 : 1;
