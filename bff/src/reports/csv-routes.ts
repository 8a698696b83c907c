import { Readable } from 'node:stream';
import * as z from 'zod';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import type { List, ModelMetrics } from '@fleetbeat/contracts/api.ts';
import type { SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import { tableOf } from '@fleetbeat/contracts/panel-content.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Call, Route } from '../http/route.ts';
import { BYTE_ORDER_MARK, csvLine, readable } from './csv.ts';

/** What the API answers as a table, as a file of comma-separated values: the same rows, asked the same way. */

/** Rows of one file at most. */
const MAX_ROWS = 100_000;
/** Many at a time: each page of an order that no index keeps reads the whole list. */
const PAGE = 2_000;

/** Lists with pages. */
const LISTS = ['/agents', '/hosts', '/tasks', '/alerts', '/incidents', '/rules', '/audit', '/dead-letters', '/deliveries'];

type Row = Readonly<Record<string, unknown>>;
interface Sheet {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

interface Table {
  readonly path: string;
  /** What the file is asked beside what the answer is. */
  readonly fields: z.ZodRawShape;
  readonly sheetOf: (answer: unknown, asked: Row) => Sheet;
}

/** Answers that are a table at once: under which name, and how. */
const TABLES: Readonly<Record<string, Table>> = {
  '/series': {
    path: '/series.csv',
    fields: {
      per: z
        .enum(['window', 'key'])
        .default('window')
        .describe('What a row is of: a window (the last row: the whole range), or a key over the whole range'),
    },
    sheetOf: (answer, { per }) => (per === 'key' ? totalsSheet(answer as SeriesAnswer) : seriesSheet(answer as SeriesAnswer)),
  },
  '/models/metrics': { path: '/models.csv', fields: {}, sheetOf: (answer) => modelsSheet(answer as ModelMetrics) },
};

const sortField = z
  .string()
  .max(300)
  .optional()
  .describe('The column of numbers that rows are put in order by, the smallest first; after a `-` the largest');

/** A route beside each that answers a table. */
export function csvRoutes(routes: readonly Route[], now: () => number): Route[] {
  const reading = routes.filter(({ method }) => method === 'get');
  const lists = reading.filter(({ path }) => LISTS.includes(path)).map((route) => listRoute(route, now));
  const tables = reading.flatMap((route) => {
    const table = TABLES[route.path];
    return table === undefined ? [] : [tableRoute(route, table, now)];
  });
  return [...lists, ...tables];
}

function listRoute(route: Route, now: () => number): Route {
  const path = `${route.path}.csv`;
  const shape = Object.entries(route.query?.shape ?? {}).filter(([name]) => name !== 'limit' && name !== 'cursor');
  const columns = columnsOf(route);
  return {
    ...asCsv(route, path, `${MAX_ROWS.toLocaleString('en')} rows at most.`),
    query: z.object(Object.fromEntries(shape)),
    run: async (call) => {
      const read = async (cursor: string | undefined): Promise<List<Row>> => {
        const query = { ...(call.query as Row), limit: PAGE, cursor };
        return (await route.run({ ...call, query })) as List<Row>;
      };
      // A question that is refused is refused before anything is sent.
      const first = await read(undefined);
      return file(call, path, now(), linesOf(first, read, columns ?? Object.keys(first.items[0] ?? {})));
    },
  };
}

async function* linesOf(
  first: List<Row>,
  read: (cursor: string) => Promise<List<Row>>,
  columns: readonly string[],
): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + csvLine(columns);
  let left = MAX_ROWS;
  for (let page = first; ; page = await read(page.next_cursor)) {
    const rows = page.items.slice(0, left);
    left -= rows.length;
    yield rows.map((row) => lineOf(columns, row)).join('');
    if (page.next_cursor === null || left === 0) return;
  }
}

function tableRoute(route: Route, { path, fields, sheetOf }: Table, now: () => number): Route {
  return {
    ...asCsv(route, path, undefined),
    query: (route.query ?? z.object({})).extend({ ...fields, sort: sortField }),
    run: async (call) => {
      const asked = call.query as Row;
      const { columns, rows } = sorted(sheetOf(await route.run(call), asked), asked['sort'] as string | undefined);
      return file(call, path, now(), [BYTE_ORDER_MARK + csvLine(columns), ...rows.map((row) => lineOf(columns, row))]);
    },
  };
}

function asCsv(route: Route, path: string, description: string | undefined): Route {
  return { ...route, path, summary: `${route.summary}, as CSV`, description, answer: z.string(), media: 'text/csv', status: 200 };
}

/** Lines on their way, named for whoever saves them. */
function file(
  call: Call<unknown, unknown, unknown>,
  path: string,
  now: number,
  lines: Iterable<string> | AsyncIterable<string>,
): Readable {
  const name = `${path
    .slice(1)
    .replace(/\.csv$/, '')
    .replaceAll('/', '-')}-${new Date(now).toISOString().slice(0, 10)}.csv`;
  call.response.set('content-disposition', `attachment; filename="${name}"`);
  return Readable.from(lines);
}

function lineOf(columns: readonly string[], row: Row): string {
  return csvLine(columns.map((column) => readable(column, row[column])));
}

/** The columns of a list, in the order of its schema; null where its items are of several shapes. */
function columnsOf({ answer }: Route): string[] | null {
  const items: unknown = answer instanceof z.ZodObject ? answer.shape['items'] : undefined;
  const item = items instanceof z.ZodArray ? items.element : undefined;
  return item instanceof z.ZodObject ? Object.keys(item.shape) : null;
}

/** Its rows by a column; what has no number there comes before what has the smallest. Problem: `invalid-query`. */
function sorted({ columns, rows }: Sheet, sort: string | undefined): Sheet {
  if (sort === undefined) return { columns, rows };
  const column = sort.replace(/^-/, '');
  if (!columns.includes(column)) throw new HttpProblem(400, 'invalid-query', `sort: the file has ${columns.join(', ')}`);
  const sign = sort.startsWith('-') ? -1 : 1;
  const number = (row: Row) => (typeof row[column] === 'number' ? row[column] : -Infinity);
  return { columns, rows: rows.toSorted((a, b) => (number(a) === number(b) ? 0 : number(a) < number(b) ? -sign : sign)) };
}

/** A row for each window, a column for each series; then everything in the range. */
function seriesSheet({ series, from, step_ms: step, to }: SeriesAnswer): Sheet {
  const names = series.map(({ key, measure }) => (key === WHOLE ? measure : `${key} ${measure}`));
  const rows = new Map<number, Record<string, unknown>>();
  for (const [index, { points }] of series.entries()) {
    for (const { t, value } of points) {
      const row = rows.get(t) ?? { from: t, to: t + step };
      row[names[index] ?? ''] = value;
      rows.set(t, row);
    }
  }
  const whole = Object.fromEntries(series.map(({ total }, index) => [names[index] ?? '', total]));
  const windows = [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
  return { columns: ['from', 'to', ...names], rows: [...windows, { from, to, ...whole }] };
}

/** A row for each key, a column for each measure: the whole range. */
function totalsSheet({ series }: SeriesAnswer): Sheet {
  const { measures, rows } = tableOf(series);
  return {
    columns: ['key', ...measures],
    rows: rows.map(({ key, values }) => ({
      key: key === WHOLE ? 'fleet' : key,
      ...Object.fromEntries(measures.map((measure, index) => [measure, values[index]])),
    })),
  };
}

function modelsSheet({ models }: ModelMetrics): Sheet {
  const rows = models.map(({ model, totals }) => ({
    model,
    ...totals,
    error_rate: totals.total_messages === 0 ? null : totals.total_errors / totals.total_messages,
  }));
  return { columns: Object.keys(rows[0] ?? { model: '' }), rows };
}
