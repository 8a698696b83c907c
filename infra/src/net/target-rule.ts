import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * Which addresses may be sent to on somebody's behalf: those of the public internet, and what the installation allows
 * besides. All else (this machine, its networks, the cloud's metadata service) is refused, or whoever may configure a
 * webhook could reach them through us.
 */

/** `true`: everything may be sent to; else networks in CIDR notation that may, besides public ones. */
export type AllowedTargets = true | readonly string[];

/** Why an address (v4 or v6, as text) must not be sent to, as part of a sentence; null where it may. */
export type TargetRule = (address: string) => string | null;

const NOT_PUBLIC_V4: readonly (readonly [network: string, prefix: number, what: string])[] = [
  ['0.0.0.0', 8, 'this machine'],
  ['10.0.0.0', 8, 'a private network'],
  ['100.64.0.0', 10, 'a carrier network'],
  ['127.0.0.0', 8, 'this machine'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'a private network'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'for documentation'],
  ['192.88.99.0', 24, 'a relay'],
  ['192.168.0.0', 16, 'a private network'],
  ['198.18.0.0', 15, 'for benchmarks'],
  ['198.51.100.0', 24, 'for documentation'],
  ['203.0.113.0', 24, 'for documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];
/** Inside of 2000::/3, the only public part: what is for documentation, or carries a v4 address to somewhere. */
const NOT_PUBLIC_V6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

export function createTargetRule(allowed: AllowedTargets): TargetRule {
  if (allowed === true) return () => null;
  const allowedNetworks = new BlockList();
  for (const network of allowed) {
    const [address = '', prefix] = network.split('/');
    allowedNetworks.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const plain = embeddedV4(address) ?? address;
    if (isIP(plain) === 0) return 'not an address';
    if (allowedNetworks.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')) return null;
    return isIPv4(plain) ? refusalOfV4(plain) : refusalOfV6(plain);
  };
}

/** What is wrong with a network in CIDR notation, as a sentence without its subject; null where nothing is. */
export function networkMistake(network: string): string | null {
  const [address = '', prefix = '', ...rest] = network.split('/');
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  const fits = bits >= 0 && rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
  return fits ? null : 'must be networks such as 10.0.0.0/8 or fd00::/8';
}

const V4_RULES = NOT_PUBLIC_V4.map(([network, prefix, what]) => ({ list: listOf([[network, prefix]], 'ipv4'), what }));
const GLOBAL_V6 = listOf([['2000::', 3]], 'ipv6');
const SPECIAL_V6 = listOf(NOT_PUBLIC_V6, 'ipv6');

function refusalOfV4(address: string): string | null {
  return V4_RULES.find(({ list }) => list.check(address, 'ipv4'))?.what ?? null;
}

function refusalOfV6(address: string): string | null {
  return GLOBAL_V6.check(address, 'ipv6') && !SPECIAL_V6.check(address, 'ipv6') ? null : 'not a public address';
}

function listOf(networks: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family);
  return list;
}

/** The v4 address that a v4-mapped v6 address (`::ffff:…`, in any notation) stands for. */
function embeddedV4(address: string): string | undefined {
  if (!isIPv6(address)) return undefined;
  // The URL parser writes every v6 address in its one shortest form.
  const [, high, low] =
    /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const bytes = [parseInt(high, 16) >> 8, parseInt(high, 16) & 255, parseInt(low, 16) >> 8, parseInt(low, 16) & 255];
  return bytes.join('.');
}
