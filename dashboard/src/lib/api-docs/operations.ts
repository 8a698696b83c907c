import { fieldRows, typeText, type FieldRow, type Schema } from './describe-schema.ts';

interface Content {
  schema?: Schema;
  example?: unknown;
}
interface DocumentedOperation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security?: unknown[];
  'x-scope'?: string;
  parameters: { name: string; in: string; required: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { content?: Record<string, Content> }>;
}
/** As much of an OpenAPI 3.1 document as is shown. */
export interface ApiDocument {
  paths: Record<string, Record<string, DocumentedOperation>>;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** The scope that it needs; null: anybody may. */
  readonly scope: string | null;
  readonly parameters: readonly (FieldRow & { in: string })[];
  readonly bodyMedia: string | null;
  readonly body: readonly FieldRow[];
  readonly answerMedia: string | null;
  readonly answer: readonly FieldRow[];
  readonly status: string;
  /** A command that asks it, against `origin`. */
  readonly command: (origin: string) => string;
}

/** The operations of a document by the first part of their paths, in the document's order. */
export function operationsByTag(document: ApiDocument): Map<string, Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, found] of Object.entries(methods)) {
      const tag = found.tags[0] ?? '';
      const group = groups.get(tag) ?? [];
      groups.set(tag, group);
      group.push(operationOf(path, method, found));
    }
  }
  return groups;
}

/** Whether what somebody looks for stands in the method, the path, or the summary. */
export function mentions({ method, path, summary }: Operation, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/);
  const all = `${method} ${path} ${summary}`.toLowerCase();
  return words.every((word) => all.includes(word));
}

function operationOf(path: string, method: string, found: DocumentedOperation): Operation {
  const [bodyMedia, body] = Object.entries(found.requestBody?.content ?? {})[0] ?? [null, undefined];
  const [status, response] = Object.entries(found.responses).find(([name]) => name !== 'default') ?? ['200', {}];
  const [answerMedia, answer] = Object.entries(response.content ?? {})[0] ?? [null, undefined];
  return {
    id: found.operationId,
    method: method.toUpperCase(),
    path,
    summary: found.summary,
    description: found.description ?? '',
    scope: found.security?.length === 0 ? null : (found['x-scope'] ?? null),
    parameters: found.parameters.map(({ name, in: place, required, description, schema }) => ({
      name,
      depth: 0,
      type: typeText(schema),
      required,
      description: description ?? '',
      in: place,
    })),
    bodyMedia,
    body: body?.schema === undefined ? [] : fieldRows(body.schema),
    answerMedia,
    answer: answer?.schema === undefined ? [] : fieldRows(answer.schema),
    status,
    command: (origin) => command(origin, method.toUpperCase(), path, bodyMedia, body?.example),
  };
}

function command(origin: string, method: string, path: string, media: string | null, example: unknown): string {
  const lines = [`curl${method === 'GET' ? '' : ` -X ${method}`} '${origin}${path}'`, `-H "Authorization: Bearer $KEY"`];
  if (media !== null) lines.push(`-H 'Content-Type: ${media}'`);
  // A quote ends the text for a shell; between two texts it stands escaped.
  if (example !== undefined) lines.push(`-d '${JSON.stringify(example, null, 2).replaceAll("'", `'\\''`)}'`);
  return lines.join(' \\\n  ');
}
