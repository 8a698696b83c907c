import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Watches a server's connections, so that it can be closed without cutting off an answer. The answer stops
 * listening, ends connections without a request (the server's own method leaves those that never had one),
 * lets requests under way finish, and after `timeoutMs` ends those too.
 */
export function prepareClosing(server: Server): (timeoutMs: number) => Promise<void> {
  /** Requests under way on each open connection. */
  const connections = new Map<Socket, number>();
  let closing = false;

  server.on('connection', (socket: Socket) => {
    connections.set(socket, 0);
    socket.on('close', () => connections.delete(socket));
  });
  function onRequest({ socket }: IncomingMessage, response: ServerResponse): void {
    connections.set(socket, (connections.get(socket) ?? 0) + 1);
    response.on('close', () => {
      const left = (connections.get(socket) ?? 1) - 1;
      if (connections.has(socket)) connections.set(socket, left);
      if (closing && left === 0) socket.destroySoon();
    });
  }
  server.prependListener('request', onRequest);
  server.prependListener('checkContinue', onRequest);

  return function close(timeoutMs) {
    closing = true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      for (const [socket, underWay] of connections) if (underWay === 0) socket.destroySoon();
    });
  };
}
