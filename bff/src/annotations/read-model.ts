import * as z from 'zod';
import type { Annotation, ChartMark } from '@fleetbeat/contracts/annotations.ts';
import { MAX_ANNOTATION_MS } from '@fleetbeat/contracts/annotations.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { Labels } from '../http/label-fields.ts';
import type { ReadQuery } from '../http/read-query.ts';
import type { TimeRange } from '../http/time-range.ts';

/** Marks of one answer, the newest first: more cannot be told apart on a chart. */
const MOST_MARKS = 200;

export interface AnnotationFilter {
  range: TimeRange | null;
  tag?: string | undefined;
  labels: Labels | null;
  limit: number;
  cursor?: string | undefined;
}

export const ANNOTATIONS = `
  select a.id, a.starts_at as at, a.ends_at as until, a.text, a.labels, a.tags,
    (extract(epoch from a.created_at) * 1000)::bigint as created_at, a.created_by
  from annotations a`;

const POSITION = z.tuple([z.number().int(), z.number().int()]);

export function createAnnotationsReadModel(query: ReadQuery) {
  function conditionsOf({ range, tag, labels }: Omit<AnnotationFilter, 'limit'>, place: (value: unknown) => string): string[] {
    const conditions = ['true'];
    if (range !== null) {
      conditions.push(`a.starts_at < ${place(range.to)} and a.ends_at >= ${place(range.from)}`);
      // None is longer: the index need not be read further back.
      conditions.push(`a.starts_at >= ${place(range.from - MAX_ANNOTATION_MS)}`);
    }
    if (tag !== undefined) conditions.push(`${place(tag)} = any(a.tags)`);
    if (labels !== null) {
      const wanted = place(JSON.stringify(labels));
      conditions.push(
        `not exists (select from jsonb_each_text(${wanted}::jsonb) l where a.labels ? l.key and a.labels ->> l.key <> l.value)`,
      );
    }
    return conditions;
  }

  /** Annotations, the newest first. */
  async function list(filter: AnnotationFilter): Promise<List<Annotation>> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = conditionsOf(filter, place);
    if (filter.cursor !== undefined) {
      const [at, id] = decodeCursor(filter.cursor, POSITION);
      conditions.push(`(a.starts_at, a.id) < (${place(at)}, ${place(id)})`);
    }
    const rows = await query<Annotation>(
      'annotations.list',
      `${ANNOTATIONS} where ${conditions.join(' and ')} order by a.starts_at desc, a.id desc limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(
      rows,
      filter.limit,
      (row) => row,
      (row) => [row.at, row.id],
    );
  }

  /** What a chart over a range marks: annotations and incidents, the newest first. */
  async function marks(range: TimeRange, labels: Labels | null): Promise<{ items: ChartMark[]; more: boolean }> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const annotations = conditionsOf({ range, labels }, place).join(' and ');
    const [from, to] = [place(range.from), place(range.to)];
    const carrying =
      labels === null
        ? ''
        : `and exists (select from incident_alerts x where x.incident_id = i.id and x.labels @> ${place(JSON.stringify(labels))}::jsonb)`;
    const rows = await query<ChartMark>(
      'annotations.marks',
      `(select 'annotation' as kind, a.id, a.starts_at as at, a.ends_at as until, a.text, a.tags, null as severity
        from annotations a where ${annotations} order by a.starts_at desc, a.id desc limit ${MOST_MARKS + 1})
       union all
       (select 'incident', i.id, i.opened_at, i.resolved_at, i.title, '{}', i.severity
        from incidents i where i.opened_at < ${to} and coalesce(i.resolved_at, ${to}) >= ${from} ${carrying}
        order by i.opened_at desc, i.id desc limit ${MOST_MARKS + 1})
       order by at desc, id desc limit ${MOST_MARKS + 1}`,
      values,
    );
    return { items: rows.slice(0, MOST_MARKS), more: rows.length > MOST_MARKS };
  }

  return { list, marks };
}
export type AnnotationsReadModel = ReturnType<typeof createAnnotationsReadModel>;
