import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { parseObject } from '@fleetbeat/infra/parse-object.ts';
import type { Authenticated } from '../access/authenticated.ts';
import type { IsStillAdmitted } from './admit.ts';
import { isFor, type Hears, type Hub, type Published, type Room } from './hub.ts';
import { plainMessage } from './plain-message.ts';
import { subscribe, unsubscribe } from './subscription.ts';

export interface PlainWebSocketServer {
  readonly sockets: number;
  rooms(): Iterable<string>;
  /** Takes over a connection of somebody who was admitted. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, who: Authenticated): void;
  /** Ends connections that are gone without a word, and those whose admission is over. */
  sweep(isStillAdmitted: IsStillAdmitted): Promise<void>;
  close(): Promise<void>;
}

/** What a client gets that has never subscribed to anything. */
const ROOMS_UNASKED: readonly Room[] = ['tasks', 'metrics'];
/** Bytes waiting for a client from which series are left out (each message replaces the one before) ... */
const SLOW_BYTES = 256 * 1024;
/** ... and from which the client is dropped. */
const TOO_SLOW_BYTES = 4 * 1024 * 1024;
/** What a client has missed is sent in one go, up to so many characters; more would make the fastest a slow one. */
const MOST_MISSED = TOO_SLOW_BYTES / 4;
const MAX_MESSAGE_BYTES = 16_384;

interface Client {
  readonly socket: WebSocket;
  readonly who: Authenticated;
  readonly headers: IncomingMessage['headers'];
  rooms: Set<string>;
  /** Whether it has ever said what it wants. */
  asked: boolean;
  /** Whether it has answered since the last sweep. */
  alive: boolean;
}

/** Serves live messages as flat JSON over plain WebSocket. */
export function servePlainWebSocket({ hub, hears, logger }: { hub: Hub; hears: Hears; logger: Logger }): PlainWebSocketServer {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const clients = new Set<Client>();

  hub.onMessage((published) => {
    // Made once, whoever gets it, and not at all for nobody.
    let text: string | undefined;
    for (const client of clients) {
      if (!client.rooms.has(published.room) || !isFor(client.who, published.message, hears)) continue;
      text ??= JSON.stringify(plainMessage(published));
      deliver(client, published, text);
    }
  });

  function deliver(client: Client, published: Published, text: string): void {
    const waiting = client.socket.bufferedAmount;
    if (waiting > TOO_SLOW_BYTES) {
      logger.info('dropped a WebSocket client that does not keep up');
      client.socket.terminate();
      return;
    }
    if (waiting > SLOW_BYTES && published.message.type === 'visualization_update') return;
    client.socket.send(text);
  }

  function answer(client: Client, data: RawData, isBinary: boolean): void {
    // A message arrives as one buffer unless the server was told otherwise.
    const request = isBinary ? undefined : parseObject((data as Buffer).toString('utf8'));
    switch (request?.['action']) {
      case 'subscribe': {
        const present = client.asked ? client.rooms : new Set<string>();
        const result = subscribe(request, present, hub);
        if (!result.ok) return refuse(client, result.reason);
        client.rooms = new Set([...present, ...result.rooms]);
        client.asked = true;
        const missed = result.missed
          .filter(({ message }) => isFor(client.who, message, hears))
          .map((published) => ({ published, text: JSON.stringify(plainMessage(published)) }));
        const tooMuch = missed.reduce((sum, { text }) => sum + text.length, 0) > MOST_MISSED;
        if (!tooMuch) for (const { published, text } of missed) deliver(client, published, text);
        const resync = result.resync || tooMuch;
        return say(client, { type: 'subscribed', channel: request['channel'], resync, seq: hub.seq });
      }
      case 'unsubscribe': {
        const result = unsubscribe(request, client.rooms);
        if (!result.ok) return refuse(client, result.reason);
        for (const room of result.rooms) client.rooms.delete(room);
        client.asked = true;
        return say(client, { type: 'unsubscribed', channel: request['channel'] });
      }
      case 'ping':
        return say(client, { type: 'pong', server_time: Date.now(), seq: hub.seq });
      default:
        return refuse(client, 'send a JSON object with the action subscribe, unsubscribe or ping');
    }
  }

  return {
    get sockets() {
      return clients.size;
    },

    *rooms() {
      for (const client of clients) yield* client.rooms;
    },

    accept(request, socket, head, who) {
      server.handleUpgrade(request, socket, head, (opened) => {
        const client: Client = {
          socket: opened,
          who,
          headers: request.headers,
          rooms: new Set(ROOMS_UNASKED),
          asked: false,
          alive: true,
        };
        clients.add(client);
        opened.on('close', () => clients.delete(client));
        opened.on('error', (error) => logger.debug({ err: error }, 'a WebSocket broke'));
        opened.on('pong', () => (client.alive = true));
        opened.on('message', (data, isBinary) => answer(client, data, isBinary));
        say(client, { type: 'connected', stream: hub.stream, seq: hub.seq, server_time: Date.now() });
      });
    },

    async sweep(isStillAdmitted) {
      for (const client of clients) {
        if (!client.alive) client.socket.terminate();
        else if (!(await isStillAdmitted(client.who, client.headers))) client.socket.close(4401, 'signed out');
        else {
          client.alive = false;
          client.socket.ping();
        }
      }
    },

    close() {
      for (const { socket } of clients) {
        socket.close(1001, 'the server stops');
        // Whoever does not say goodbye in return is cut off.
        setTimeout(() => socket.terminate(), 1_000).unref();
      }
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function say(client: Client, message: Record<string, unknown>): void {
  client.socket.send(JSON.stringify(message));
}

function refuse(client: Client, reason: string): void {
  say(client, { type: 'error', reason });
}
