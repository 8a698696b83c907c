import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { HttpProblem, PROBLEM_TYPE, problemBody } from '@fleetbeat/infra/problem.ts';
import { problemOf } from '../http/problems.ts';
import type { Admit } from './admit.ts';
import type { PlainWebSocketServer } from './plain-websocket.ts';

const PLAIN_PATH = '/ws/tasks';

/** Leads requests for a WebSocket to the server of their path; Socket.IO takes its own. */
export function routeUpgrades(
  server: Server,
  { plain, admit, logger }: { plain: PlainWebSocketServer; admit: Admit; logger: Logger },
): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = URL.parse(request.url ?? '', 'http://any');
    const path = url?.pathname ?? '';
    if (path === '/socket.io/' || path === '/socket.io') return;
    socket.on('error', (error) => logger.debug({ err: error }, 'a connection broke during its upgrade'));
    if (path !== PLAIN_PATH) {
      refuse(socket, new HttpProblem(404, 'unknown-path', 'there is no WebSocket at this path'), path);
      return;
    }
    admit(request, { ticket: url?.searchParams.get('ticket') ?? undefined }).then(
      (who) => plain.accept(request, socket, head, who),
      (error: unknown) => {
        const problem = problemOf(error);
        if (problem.status >= 500) logger.warn({ err: error }, 'a socket could not be admitted');
        refuse(socket, problem, path);
      },
    );
  });
}

function refuse(socket: Duplex, problem: HttpProblem, path: string): void {
  const body = JSON.stringify(problemBody(problem, randomUUID(), path));
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
      'connection: close',
      `content-type: ${PROBLEM_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
