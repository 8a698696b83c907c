import * as z from 'zod';
import type { Route } from '../http/route.ts';

/**
 * The types of the routes for clients, as TypeScript: schemas of contracts by their name, what a route alone knows written
 * out. A test holds contracts/src/client/routes.ts to it.
 */

/** Where a schema of contracts is found: `tasks.taskSchema` of `../tasks.ts`. */
export interface Named {
  readonly module: string;
  readonly name: string;
}

type Side = 'input' | 'output';

const HEAD = `/**
 * What every route of the API takes and answers, made from the table of routes: do not edit. After a change of a route
 *
 *     npx vitest run --project servers bff/src/openapi -u
 *
 * makes it anew.
 */`;

/** `names` tells which schemas contracts export. */
export function clientTypes(routes: readonly Route[], names: ReadonlyMap<z.ZodType, Named>): string {
  const used = new Set<string>();

  function typeOf(schema: z.ZodType, side: Side): string {
    const named = isWorthAName(schema) ? names.get(schema) : undefined;
    if (named !== undefined) {
      used.add(named.module);
      return `z.${side}<typeof ${moduleName(named.module)}.${named.name}>`;
    }
    const { def } = schema._zod;
    if (schema instanceof z.ZodObject) {
      return `{ ${Object.entries(schema.shape as Record<string, z.ZodType>)
        .map(([name, field]) => `${JSON.stringify(name)}${mayLack(field, side) ? '?' : ''}: ${typeOf(field, side)};`)
        .join(' ')} }`;
    }
    if (schema instanceof z.ZodArray) return `(${typeOf(schema.element as z.ZodType, side)})[]`;
    if (schema instanceof z.ZodUnion) {
      const [one = '', ...others] = schema.options.map((option) => typeOf(option as z.ZodType, side));
      return others.join() === `(${one})[]` ? `OneOrMore<${one}>` : [one, ...others].join(' | ');
    }
    if (schema instanceof z.ZodNullable) return `${typeOf(schema.unwrap() as z.ZodType, side)} | null`;
    if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return typeOf(schema.unwrap() as z.ZodType, side);
    if (schema instanceof z.ZodPipe) return typeOf((side === 'input' ? schema.in : schema.out) as z.ZodType, side);
    if (schema instanceof z.ZodRecord) return `Record<string, ${typeOf(schema.valueType as z.ZodType, side)}>`;
    if (schema instanceof z.ZodEnum) return schema.options.map((option) => JSON.stringify(option)).join(' | ');
    if (schema instanceof z.ZodLiteral) return [...schema.values].map((value) => JSON.stringify(value)).join(' | ');
    if (def.type === 'string' || def.type === 'number' || def.type === 'boolean' || def.type === 'unknown') return def.type;
    throw new Error(`no type is known for a schema of the kind ${def.type}`);
  }

  const lines = routes.map((route) => {
    const parts = [
      route.params && `params: ${typeOf(route.params, 'input')};`,
      route.query && `query: ${typeOf(route.query, 'input')};`,
      route.body && `body: ${route.bodyMedia === undefined ? typeOf(route.body, 'input') : 'string'};`,
      `answer: ${route.answer === undefined ? 'undefined' : route.media === undefined ? typeOf(route.answer, 'output') : 'string'};`,
    ];
    return `  /** ${route.summary} */\n  '${route.method} ${route.path}': { ${parts.filter(Boolean).join(' ')} };`;
  });
  const imports = [...used].sort().map((module) => `import type * as ${moduleName(module)} from '../${module}';`);
  return `${HEAD}\nimport type * as z from 'zod';\n${imports.join('\n')}\n\ntype OneOrMore<T> = T | readonly T[];\n\nexport interface Routes {\n${lines.join('\n')}\n}\n`;
}

/** What is short enough is written out. */
function isWorthAName(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodEnum) return schema.options.length > 3;
  return !['string', 'number', 'boolean', 'array'].includes(schema._zod.def.type);
}

function mayLack(field: z.ZodType, side: Side): boolean {
  return (side === 'input' ? field._zod.optin : field._zod.optout) !== undefined;
}

/** `taskInput` for `task-input.ts`. */
function moduleName(module: string): string {
  return module.replace(/\.ts$/, '').replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
