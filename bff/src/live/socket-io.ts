import type { IncomingHttpHeaders, Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import type { Connected, LiveMessage } from '@fleetbeat/contracts/live.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { problemOf } from '../http/problems.ts';
import type { Authenticated } from '../access/authenticated.ts';
import type { Origins } from '../access/origins.ts';
import type { Admit, IsStillAdmitted } from './admit.ts';
import { isFor, PERSONAL, type Hears, type Hub, type Published } from './hub.ts';
import { subscribe, unsubscribe } from './subscription.ts';

export interface SocketIoServer {
  readonly sockets: number;
  /** The rooms that anybody is in. */
  rooms(): Iterable<string>;
  /** Disconnects who does not take what is sent. */
  dropSlow(): void;
  /** Disconnects those whose admission is over. */
  sweep(isStillAdmitted: IsStillAdmitted): Promise<void>;
  close(): Promise<void>;
}

/** Packets that may wait for a client before it is disconnected; it comes back and catches up, or reads again. */
const MAX_WAITING_PACKETS = 512;
/** How long a client may take to say goodbye when the server stops, in milliseconds. */
const GOODBYE_MS = 1_000;
/** How long answers under way may take then. */
const ANSWERS_MS = 3_000;
/** What a client sends is small. */
const MAX_MESSAGE_BYTES = 16_384;

interface SocketData {
  who: Authenticated;
}
type LiveSocket = Socket<
  Record<string, never>,
  Record<string, (message: LiveMessage) => void>,
  Record<string, never>,
  SocketData
>;

/** Serves live messages over Socket.IO at `/socket.io`. */
export function serveSocketIo(server: HttpServer, { hub, hears, admit, origins, logger }: Effects): SocketIoServer {
  const io = new Server<Record<string, never>, Record<string, (message: LiveMessage) => void>, Record<string, never>, SocketData>(
    server,
    {
      path: '/socket.io',
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      // `/ws/tasks` shares the server; see upgrade.ts for all other paths.
      destroyUpgrade: false,
      cors: {
        credentials: true,
        origin: (origin, answer) => answer(null, origin === undefined || origins.allows(origin, undefined)),
      },
    },
  );

  io.use((socket, next) => {
    const { auth, query } = socket.handshake;
    admit(socket.request, { ticket: auth['ticket'] ?? query['ticket'], key: auth['key'] }).then(
      (who) => {
        socket.data.who = who;
        next();
      },
      (error: unknown) => {
        const { code, detail, status } = problemOf(error);
        if (status >= 500) logger.warn({ err: error }, 'a socket could not be admitted');
        next(Object.assign(new Error(detail), { data: { code, status } }));
      },
    );
  });

  io.on('connection', (socket) => {
    const hello: Connected = { stream: hub.stream, seq: hub.seq, server_time: Date.now() };
    socket.emit('connected', { type: 'connected', data: hello, seq: hub.seq });
    answerRequests(socket, hub, hears);
  });

  hub.onMessage(({ room, message }) => {
    const sockets = PERSONAL.has(message.type) ? [...io.of('/').sockets.values()] : [];
    const unwilling = sockets.filter(({ data }) => !isFor(data.who, message, hears)).map(({ id }) => id);
    io.to(room).except(unwilling).emit(message.type, message);
  });

  return {
    get sockets() {
      return io.of('/').sockets.size;
    },
    rooms: () => io.of('/').adapter.rooms.keys(),
    dropSlow() {
      for (const socket of io.of('/').sockets.values()) {
        if (waitingPackets(socket) <= MAX_WAITING_PACKETS) continue;
        logger.info({ socket: socket.id }, 'disconnected a client that does not keep up');
        cutOff(socket);
      }
    },
    async sweep(isStillAdmitted) {
      for (const socket of io.of('/').sockets.values()) {
        if (!(await isStillAdmitted(socket.data.who, credentialHeaders(socket)))) socket.disconnect(true);
      }
    },
    async close() {
      const left = [...io.of('/').sockets.values()];
      io.disconnectSockets(true);
      // Whoever does not say goodbye in return is cut off.
      const impatience = setTimeout(() => left.forEach(cutOff), GOODBYE_MS);
      // Closes the HTTP server as well, which waits for answers under way: for a while.
      const cutAnswers = setTimeout(() => server.closeAllConnections(), ANSWERS_MS);
      await io.close();
      clearTimeout(impatience);
      clearTimeout(cutAnswers);
    },
  };
}

interface Effects {
  hub: Hub;
  hears: Hears;
  admit: Admit;
  origins: Origins;
  logger: Logger;
}

function answerRequests(socket: LiveSocket, hub: Hub, hears: Hears): void {
  const listen = (name: string, handler: (request: unknown) => unknown) => {
    // Clients may leave out the request, the acknowledgement, or both.
    socket.on(name, (...given: unknown[]) => {
      const acknowledge = given.at(-1);
      const answer = handler(typeof given[0] === 'function' ? undefined : given[0]);
      if (typeof acknowledge === 'function') acknowledge(answer);
    });
  };

  listen('ping', () => ({ ok: true, server_time: Date.now(), seq: hub.seq }));

  listen('subscribe', (request) => {
    const result = subscribe(request, socket.rooms, hub);
    if (!result.ok) return result;
    void socket.join([...result.rooms]);
    // In this same turn, so that nothing newer goes before it.
    for (const { message } of result.missed) if (isFor(socket.data.who, message, hears)) send(socket, message);
    return { ok: true, resync: result.resync, seq: hub.seq };
  });

  listen('unsubscribe', (request) => {
    const result = unsubscribe(request, socket.rooms);
    if (!result.ok) return result;
    for (const room of result.rooms) void socket.leave(room);
    return { ok: true };
  });
}

function send(socket: LiveSocket, message: Published['message']): void {
  socket.emit(message.type, message);
}

/** What the socket was opened with, as a request would carry it. */
function credentialHeaders({ handshake }: LiveSocket): IncomingHttpHeaders {
  const key: unknown = handshake.auth['key'];
  return typeof key === 'string' ? { authorization: `Bearer ${key}` } : handshake.headers;
}

/** Ends a connection without a goodbye, which would wait behind everything else. */
function cutOff({ conn }: LiveSocket): void {
  const { socket } = (conn as unknown as { transport: { socket?: { terminate?: () => void } } }).transport;
  if (socket?.terminate === undefined) conn.close(true);
  else socket.terminate();
}

function waitingPackets(socket: LiveSocket): number {
  const { conn } = socket as unknown as { conn: { writeBuffer?: readonly unknown[] } };
  return conn.writeBuffer?.length ?? 0;
}
