import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { HttpProblem, PROBLEM_TYPE, problemBody } from '../problem.ts';

/** Listener for `clientError`: answers what node:http itself refuses (no HTTP, headers that are too large, too slow) with a problem, and hangs up. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new HttpProblem(431, 'headers-too-large', 'The address and the headers are too large together.')
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new HttpProblem(408, 'request-timeout', 'The request was not complete in time.')
        : new HttpProblem(400, 'malformed-request', 'This is no valid HTTP request.');
  const { title, ...rest } = problemBody(problem, randomUUID(), '');
  const body = JSON.stringify({ title, ...rest });
  socket.end(
    `HTTP/1.1 ${problem.status} ${title}\r\nconnection: close\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
