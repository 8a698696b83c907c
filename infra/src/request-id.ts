import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What is taken for an id from outside; it stands in headers, log lines and rows. */
const ACCEPTABLE = /^[\w.:/+=-]{1,128}$/;
/** W3C Trace Context: version, trace id, parent id, flags. A trace id of zeros is none. */
const TRACEPARENT = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-[\da-f]{16}-[\da-f]{2}(?:-|$)/;

const requests = new AsyncLocalStorage<string | undefined>();

/** The id of a request, by what its headers say: the sender's own, else its trace id, else a new one. */
export function requestIdFrom(requestId: string | undefined, traceparent: string | undefined): string {
  return (
    acceptedRequestId(requestId) ?? (traceparent === undefined ? undefined : TRACEPARENT.exec(traceparent)?.[1]) ?? randomUUID()
  );
}

/** An id that came from outside, undefined where it is none. */
export function acceptedRequestId(text: string | undefined): string | undefined {
  return text !== undefined && ACCEPTABLE.test(text) ? text : undefined;
}

/** Does work on behalf of a request, of none where the id is null: log lines written meanwhile carry it, and jobs and deliveries asked for meanwhile keep it. */
export function inRequest<T>(requestId: string | null | undefined, work: () => T): T {
  return requests.run(requestId ?? undefined, work);
}

/** The id of the request on whose behalf this runs. */
export function currentRequest(): string | undefined {
  return requests.getStore();
}
