import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** What a process of clients is told, as JSON in its first argument. */
export interface ClientsOrder {
  /** Base URL of the BFF. */
  readonly url: string;
  readonly key: string;
  readonly clients: number;
}

/** What it answers when its input ends, as JSON. Each latency stands in the array at its number of milliseconds. */
export interface ClientsAnswer {
  readonly messages: number;
  /** From offering the newest update in a message until the client has it: messages by milliseconds. */
  readonly delivery: readonly number[];
  /** From offering an update until the client has the first message with it or a newer one: updates by milliseconds. */
  readonly updates: readonly number[];
  readonly lost: number;
}

/** How many connections are opened at a time. */
const OPENED_AT_ONCE = 20;
const LONGEST_MS = 10_000;
/** An update is offered each so many milliseconds, and carries the time as a multiple of it. */
export const OFFER_EVERY_MS = 50;
/** Files that a process has open besides its sockets. */
const OTHER_FILES = 100;

/** Says what to do where this process may not open so many sockets. Node has raised its limit to what it may be. */
export function requireOpenFiles(sockets: number): void {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const limit = userLimits?.open_files?.soft;
  if (typeof limit === 'number' && limit < sockets + OTHER_FILES) {
    throw new Error(
      `${sockets + OTHER_FILES} open files are needed and ${limit} allowed: raise the limit with \`ulimit -n 16384\``,
    );
  }
}

/** Clients that speak Engine.IO and Socket.IO by hand, as little as it takes: the server is measured, not they. */
async function runClients({ url, key, clients }: ClientsOrder): Promise<void> {
  requireOpenFiles(clients);
  const delivery = new Array<number>(LONGEST_MS + 1).fill(0);
  const updates = new Array<number>(LONGEST_MS + 1).fill(0);
  const sockets: WebSocket[] = [];
  let measuring = false;
  let messages = 0;
  let lost = 0;

  function take(through: number, before: number): void {
    const now = Date.now();
    messages++;
    const newest = bounded(now - through);
    delivery[newest] = (delivery[newest] ?? 0) + 1;
    for (let offered = through; offered > before; offered -= OFFER_EVERY_MS) {
      const age = bounded(now - offered);
      updates[age] = (updates[age] ?? 0) + 1;
    }
  }

  function open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
        headers: { authorization: `Bearer ${key}` },
        perMessageDeflate: false,
      });
      sockets.push(socket);
      let before = 0;
      socket.on('message', (data: Buffer) => {
        const text = data.toString('latin1');
        // Engine.IO: 0 open, 2 ping, 4 message; Socket.IO in a message: 0 connected, 2 event, 3 acknowledgement, 4 refused.
        if (text === '2') socket.send('3');
        else if (text.startsWith('0')) socket.send('40');
        else if (text.startsWith('40')) socket.send('420["subscribe",{"channel":"metrics"}]');
        else if (text.startsWith('430')) resolve();
        else if (text.startsWith('44')) reject(new Error(`refused: ${text}`));
        else if (text.startsWith('42["visualization_update"')) {
          const at = text.lastIndexOf('"through":');
          const through = Number.parseInt(text.slice(at + 10, at + 30), 10);
          // Whoever has just come does not know what it has missed.
          if (measuring && before > 0 && through > before) take(through, before);
          before = through;
        }
      });
      socket.on('error', reject);
      socket.on('close', () => {
        if (measuring) lost++;
        reject(new Error('the server closed a connection'));
      });
    });
  }

  for (let opened = 0; opened < clients; opened += OPENED_AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(OPENED_AT_ONCE, clients - opened) }, open));
  }
  process.send?.('connected');
  process.once('message', () => {
    measuring = true;
    process.once('message', () => {
      measuring = false;
      process.stdout.write(JSON.stringify({ messages, delivery, updates, lost } satisfies ClientsAnswer), () => process.exit(0));
    });
  });
  await pause(600_000);
  throw new Error('nobody has asked for the answer');
}

function bounded(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(0, ms));
}

if (import.meta.main) await runClients(JSON.parse(process.argv[2] ?? '{}') as ClientsOrder);
