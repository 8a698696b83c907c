import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestHandler } from 'express';

/** Files of a build that have compressed neighbours: text, under plain names. */
const COMPRESSED = /^(?:\/[\w@-][\w@.-]*)+\.(js|css|json|svg)$/;
/** The smaller first, whatever order a browser names them in. */
const ENDINGS = { br: '.br', gzip: '.gz' } as const;

/**
 * Leads a request for a file to the file's compressed neighbour where there is one that the client takes. The build has
 * compressed each file once, and better than there is time for in an answer.
 */
export function preferCompressed(directory: string): RequestHandler {
  return (request, response, next) => {
    const extension = COMPRESSED.exec(request.path)?.[1];
    if (extension === undefined) return next();
    response.vary('Accept-Encoding');
    const encoding = (['br', 'gzip'] as const).find((one) => request.acceptsEncodings(one) === one);
    if (encoding === undefined) return next();
    const neighbour = request.path + ENDINGS[encoding];
    access(join(directory, neighbour)).then(
      () => {
        request.url = neighbour;
        response.type(extension).set('content-encoding', encoding);
        next();
      },
      () => next(),
    );
  };
}
