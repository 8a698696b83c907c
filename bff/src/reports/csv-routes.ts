import { Readable } from 'node:stream';
import * as z from 'zod';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import type { List, ModelMetrics } from '@fleetbeat/contracts/api.ts';
import type { SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import type { Call, Route } from '../http/route.ts';
import { BYTE_ORDER_MARK, csvLine, readable } from './csv.ts';

/** What the API answers as a table, as a file of comma-separated values: the same rows, asked the same way. */

/** Rows of one file at most. */
const MAX_ROWS = 100_000;
const PAGE = 500;

/** Lists with pages. */
const LISTS = ['/agents', '/hosts', '/tasks', '/alerts', '/incidents', '/rules', '/audit', '/dead-letters', '/deliveries'];

type Row = Readonly<Record<string, unknown>>;
interface Sheet {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Answers that are a table at once: under which name, and how. */
const TABLES: Readonly<Record<string, { path: string; sheetOf: (answer: unknown) => Sheet }>> = {
  '/series': { path: '/series.csv', sheetOf: (answer) => seriesSheet(answer as SeriesAnswer) },
  '/models/metrics': { path: '/models.csv', sheetOf: (answer) => modelsSheet(answer as ModelMetrics) },
};

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

function tableRoute(
  route: Route,
  { path, sheetOf }: { path: string; sheetOf: (answer: unknown) => Sheet },
  now: () => number,
): Route {
  return {
    ...asCsv(route, path, undefined),
    run: async (call) => {
      const { columns, rows } = sheetOf(await route.run(call));
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

function modelsSheet({ models }: ModelMetrics): Sheet {
  const rows = models.map(({ model, totals }) => ({ model, ...totals }));
  return { columns: Object.keys(rows[0] ?? { model: '' }), rows };
}
