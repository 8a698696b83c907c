import { createServer } from 'node:net';

/** Below the range from which the kernel takes outgoing ports, so that no connection steals one before its server listens. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

const handedOut = new Set<number>();

/**
 * A TCP port of the loopback address that nobody listens on, and that this process has not been given before.
 * `preferred` is taken when it is free. Throws when a hundred tries find none.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && !handedOut.has(preferred) && (await isFree(preferred))) return take(preferred);
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (!handedOut.has(port) && (await isFree(port))) return take(port);
  }
  throw new Error(`no free TCP port between ${FIRST_PORT} and ${LAST_PORT}`);
}

/** Its server has ended: the next one may have it, such as the same server on the same data. */
export function giveBackPort(port: number): void {
  handedOut.delete(port);
}

function take(port: number): number {
  handedOut.add(port);
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
