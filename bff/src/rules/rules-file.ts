import { isMap, isNode, LineCounter, parseDocument, stringify, type Document } from 'yaml';
import * as z from 'zod';
import type { FileMistake } from '@fleetbeat/contracts/api.ts';
import { ruleSchema, type Rule } from '@fleetbeat/contracts/rules.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Rules as a YAML file: `rules:`, and a list of them. */

/** Mistakes that are told at once. */
const MAX_MISTAKES = 50;
/** Aliases that one file may resolve: a few lines of them can stand for gigabytes. */
const MAX_ALIASES = 100;

const fileSchema = z.strictObject({ rules: z.array(ruleSchema).max(1_000) });

export function writeRulesFile(rules: readonly Rule[]): string {
  return stringify({ rules }, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The rules in a file. Throws the problem `invalid-rules-file`, with the place of every mistake. */
export function readRulesFile(text: string): Rule[] {
  const lines = new LineCounter();
  const file = parseDocument(text, { lineCounter: lines, maxAliasCount: MAX_ALIASES } as object);
  const place = (offset: number): Pick<FileMistake, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  refuse(file.errors.map(({ pos, message }) => ({ ...place(pos[0]), path: '', message: firstLine(message) })));
  const parsed = fileSchema.safeParse(contentOf(file));
  if (!parsed.success) {
    refuse(
      parsed.error.issues.flatMap((issue) => {
        const message = issue.message;
        // Of an object with unknown members, each member is a mistake of its own.
        const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
        return paths.map((path) => ({ ...place(offsetOf(file, path)), path: path.map(String).join('.'), message }));
      }),
    );
    throw new HttpProblem(400, 'invalid-rules-file', 'the file holds no rules');
  }
  const { rules } = parsed.data;
  const first = new Map<string, number>();
  refuse(
    rules.flatMap(({ name }, index) => {
      const same = first.get(name.toLowerCase());
      if (same === undefined) {
        first.set(name.toLowerCase(), index);
        return [];
      }
      const path = ['rules', index, 'name'];
      return [{ ...place(offsetOf(file, path)), path: path.join('.'), message: `rules.${same} has the name ${name} already` }];
    }),
  );
  return rules;
}

/** Throws where there are mistakes; the first is in the sentence as well. */
function refuse(mistakes: readonly FileMistake[]): void {
  const [first] = mistakes;
  if (first === undefined) return;
  const { line, column, path, message } = first;
  const more = mistakes.length > 1 ? `, and ${mistakes.length - 1} more` : '';
  const detail = `line ${line}, column ${column}: ${path === '' ? message : `${path}: ${message}`}${more}`;
  throw new HttpProblem(400, 'invalid-rules-file', detail, {}, { mistakes: mistakes.slice(0, MAX_MISTAKES) });
}

function contentOf(file: Document): unknown {
  try {
    return file.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    throw new HttpProblem(400, 'invalid-rules-file', `the file has aliases that stand for too much, or for nothing`);
  }
}

/** Where what `path` leads to begins; what is not there is looked for where it would be. */
function offsetOf(file: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const parent = length === 0 ? undefined : file.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    // The name of a member says more than its value, which may be lines below.
    const pair = isMap(parent) ? parent.items.find(({ key }) => isNode(key) && 'value' in key && key.value === name) : undefined;
    const node = isNode(pair?.key) ? pair.key : file.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return 0;
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}
