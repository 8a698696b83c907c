import { describe, expect, it } from 'vitest';
import { createTargetRule, networkMistake } from './target-rule.ts';

const refused = createTargetRule([]);

describe('an address that may be sent to', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.0', '100.128.0.1', '192.169.0.1', '223.255.255.255'])(
    '%s',
    (address) => {
      expect(refused(address)).toBeNull();
    },
  );
  it.each(['2606:4700:4700::1111', '2a00:1450:4001:82a::200e', '::ffff:8.8.8.8'])('%s', (address) => {
    expect(refused(address)).toBeNull();
  });
});

describe('an address that is refused', () => {
  it.each([
    ['127.0.0.1', 'this machine'],
    ['127.255.255.254', 'this machine'],
    ['0.0.0.0', 'this machine'],
    ['10.1.2.3', 'a private network'],
    ['172.16.0.1', 'a private network'],
    ['172.31.255.255', 'a private network'],
    ['192.168.1.1', 'a private network'],
    ['169.254.169.254', 'link-local'],
    ['100.100.100.200', 'a carrier network'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'reserved'],
    ['198.19.0.1', 'for benchmarks'],
    ['::1', 'not a public address'],
    ['::', 'not a public address'],
    ['fe80::1', 'not a public address'],
    ['fe80::1%eth0', 'not a public address'],
    ['fd00:ec2::254', 'not a public address'],
    ['fec0::1', 'not a public address'],
    ['ff02::1', 'not a public address'],
    ['2001:db8::1', 'not a public address'],
    ['64:ff9b::7f00:1', 'not a public address'],
    ['2002:7f00:1::', 'not a public address'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'not a public address'],
    ['::127.0.0.1', 'not a public address'],
    ['::ffff:127.0.0.1', 'this machine'],
    ['::ffff:7f00:1', 'this machine'],
    ['0:0:0:0:0:ffff:a9fe:a9fe', 'link-local'],
    ['localhost', 'not an address'],
    ['', 'not an address'],
  ])('%s is %s', (address, why) => {
    expect(refused(address)).toBe(why);
  });
});

describe('what an installation allows', () => {
  it('is sent to, and nothing beside it', () => {
    const rule = createTargetRule(['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1/32']);
    expect(rule('10.1.255.255')).toBeNull();
    expect(rule('10.2.0.0')).toBe('a private network');
    expect(rule('fd00:1::9')).toBeNull();
    expect(rule('fd00:2::9')).toBe('not a public address');
    expect(rule('::ffff:127.0.0.1')).toBeNull();
    expect(rule('127.0.0.2')).toBe('this machine');
  });

  it('may be everything', () => {
    expect(createTargetRule(true)('169.254.169.254')).toBeNull();
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'localhost/8', '10.0.0.0/8/8', '10.0.0.0/x', ''])(
    'is no network: %s',
    (network) => {
      expect(networkMistake(network)).toMatch(/^must be/);
    },
  );
  it.each(['10.0.0.0/8', '0.0.0.0/0', 'fd00::/8', '::1/128'])('is a network: %s', (network) => {
    expect(networkMistake(network)).toBeNull();
  });
});
