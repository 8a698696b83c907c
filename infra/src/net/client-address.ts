import type { IncomingMessage } from 'node:http';
import proxyAddress from 'proxy-addr';
import type { Config } from '../config.ts';

/** The address that a request comes from, as far as the proxies that are trusted (`TRUST_PROXY`) tell it. */
export type ClientAddress = (request: IncomingMessage) => string;

/** Reads `TRUST_PROXY` as Express does. */
export function createClientAddress(trustProxy: Config['trustProxy']): ClientAddress {
  const trusts = trustOf(trustProxy);
  return (request) => (request.socket.remoteAddress === undefined ? 'unknown' : proxyAddress(request, trusts));
}

function trustOf(trustProxy: Config['trustProxy']): (address: string, hops: number) => boolean {
  if (typeof trustProxy === 'boolean') return () => trustProxy;
  if (typeof trustProxy === 'number') return (_, hops) => hops < trustProxy;
  return proxyAddress.compile(trustProxy.split(',').map((each) => each.trim()));
}
