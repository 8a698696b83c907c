import type { Request } from 'express';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Optimistic concurrency: what somebody has not seen, they do not overwrite. */

/** Throws the problem `stale` (412) where the revision is not among those that the request was meant for. */
export type Precondition = (revision: number) => void;

export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** What `If-Match` asks for; null where the request has none. Throws the problem `invalid-header`. */
export function ifMatch(request: Request): Precondition | null {
  const header = request.get('if-match')?.trim();
  if (header === undefined) return null;
  if (header === '*') return () => undefined;
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => ETAG.test(tag))) {
    throw new HttpProblem(400, 'invalid-header', 'If-Match must be `*` or a list of ETags such as "3"');
  }
  // A proxy that compresses answers calls their tags weak.
  const wanted = new Set(tags.map((tag) => tag.replace(/^W\//, '')));
  return (revision) => {
    if (wanted.has(etagOf(revision))) return;
    throw new HttpProblem(412, 'stale', 'it has changed since you read it: read it again', { etag: etagOf(revision) });
  };
}

/** As `ifMatch`, for changes that must not be made unseen: throws the problem `if-match-missing` (428). */
export function requiredIfMatch(request: Request): Precondition {
  const precondition = ifMatch(request);
  if (precondition !== null) return precondition;
  throw new HttpProblem(428, 'if-match-missing', 'send the ETag of what you have read as If-Match');
}

const ETAG = /^(W\/)?"[\x21\x23-\x7e]*"$/;
