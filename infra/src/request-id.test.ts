import { describe, expect, it } from 'vitest';
import { acceptedRequestId, currentRequest, inRequest, requestIdFrom } from './request-id.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

describe('the id of a request', () => {
  it.each<[string, string | undefined, string | undefined, string | RegExp]>([
    ['is the sender’s own', 'mine-1', undefined, 'mine-1'],
    ['is rather the sender’s own than its trace', 'mine-1', TRACEPARENT, 'mine-1'],
    ['is the trace’s', undefined, TRACEPARENT, TRACE],
    ['is the trace’s, of a version that says more', undefined, `cc${TRACEPARENT.slice(2)}-more`, TRACE],
    ['is the trace’s where the sender’s cannot be used', 'not acceptable', TRACEPARENT, TRACE],
    ['is a new one', undefined, undefined, UUID],
    ['is a new one where what came is too long', 'x'.repeat(129), undefined, UUID],
    ['is a new one where the trace is none', undefined, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, UUID],
    ['is a new one where the header is no trace', undefined, 'traceparent', UUID],
  ])('%s', (_, requestId, traceparent, expected) => {
    expect(requestIdFrom(requestId, traceparent)).toMatch(expected);
  });

  it('is taken from elsewhere only where it can stand in a header, a line and a row', () => {
    for (const good of ['a', 'A-1.b:c/d+e=f_g', TRACE]) expect(acceptedRequestId(good)).toBe(good);
    for (const bad of ['', 'a b', 'a\nb', 'a\u0000', 'é', undefined]) expect(acceptedRequestId(bad)).toBeUndefined();
  });

  it('is known to what is done for the request, and to nothing else', async () => {
    const seen = await Promise.all(
      ['one', 'two', null].map((id) =>
        inRequest(id, async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return currentRequest();
        }),
      ),
    );
    expect(seen).toEqual(['one', 'two', undefined]);
    expect(currentRequest()).toBeUndefined();
  });
});
