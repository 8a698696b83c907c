import type { Annotation, AnnotationInput } from '@fleetbeat/contracts/annotations.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import { ANNOTATIONS } from './read-model.ts';

/** Annotations of an installation at most. */
const MAX_ANNOTATIONS = 100_000;
const FIELDS = ['at', 'until', 'text', 'labels', 'tags'] as const;

/** Adds and deletes annotations, each together with its entry in the audit log. Throws problems. */
export function createAnnotationChanges(change: Change, now: () => number) {
  async function add(asker: Asker, input: AnnotationInput): Promise<Annotation> {
    const { at = now(), until = at, text, labels, tags } = input;
    return change('annotations.add', async (transaction) => {
      const { rows: counted } = await transaction.query<{ annotations: number }>(
        'select count(*) as annotations from annotations',
      );
      if ((counted[0]?.annotations ?? 0) >= MAX_ANNOTATIONS) {
        throw new HttpProblem(409, 'too-many-annotations', `there are ${MAX_ANNOTATIONS} annotations already: delete some`);
      }
      const { rows: added } = await transaction.query<{ id: number }>(
        'insert into annotations (starts_at, ends_at, text, labels, tags, created_by) values ($1, $2, $3, $4, $5, $6) returning id',
        [at, until, text, labels, [...new Set(tags)], asker.actor.id],
      );
      const { rows } = await transaction.query<Annotation>(`${ANNOTATIONS} where a.id = $1`, [added[0]?.id]);
      const [annotation] = rows;
      if (annotation === undefined) throw new Error('an annotation was added and is not there');
      const changes = changesBetween(null, annotation, FIELDS);
      await recordChange(transaction, {
        entityType: 'annotation',
        entityId: String(annotation.id),
        action: 'created',
        ...asker,
        changes,
      });
      return annotation;
    });
  }

  async function remove(asker: Asker, annotationId: number): Promise<void> {
    await change('annotations.delete', async (transaction) => {
      const { rows } = await transaction.query<Annotation>(`${ANNOTATIONS} where a.id = $1 for update`, [annotationId]);
      const [annotation] = rows;
      if (annotation === undefined) throw new HttpProblem(404, 'unknown-annotation', 'there is no annotation of this id');
      await transaction.query('delete from annotations where id = $1', [annotationId]);
      const changes = changesBetween(annotation, null, FIELDS);
      await recordChange(transaction, {
        entityType: 'annotation',
        entityId: String(annotationId),
        action: 'deleted',
        ...asker,
        changes,
      });
    });
  }

  return { add, remove };
}
export type AnnotationChanges = ReturnType<typeof createAnnotationChanges>;
