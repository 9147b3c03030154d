import { describe, expect, it } from 'vitest';
import { forwardedFor, networkOf } from './peer.ts';

describe('the address that a sign-in is counted for', () => {
  it.each([
    ['a stranger', '203.0.113.9', undefined, '203.0.113.9'],
    ['a stranger who claims another', '203.0.113.9', '9.9.9.9', '203.0.113.9'],
    ['a stranger who claims to be a proxy', '203.0.113.9', '127.0.0.1, 9.9.9.9', '203.0.113.9'],
    ['a neighbour in the same network', '192.168.1.7', '9.9.9.9', '192.168.1.7'],
    ['a stranger over a socket for both families', '::ffff:203.0.113.9', '9.9.9.9', '::ffff:203.0.113.9'],
    ['a proxy on this machine', '127.0.0.1', '9.9.9.9, 203.0.113.9', '9.9.9.9, 203.0.113.9'],
    ['the same over IPv6', '::1', '203.0.113.9', '203.0.113.9'],
    ['the same over a socket for both families', '::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['somebody at this machine', '127.0.0.1', undefined, '127.0.0.1'],
    ['a proxy that says nothing', '127.0.0.1', '', '127.0.0.1'],
    ['a connection that is gone', undefined, '9.9.9.9', 'unknown'],
  ])('%s', (_, peer, given, forwarded) => {
    expect(forwardedFor(peer, given)).toBe(forwarded);
  });

  it('is the network of an IPv6 address, for its owner has all addresses of it', () => {
    const one = networkOf('2606:4700:1:2::1');
    expect(networkOf('2606:4700:1:2:ffff:ffff:ffff:ffff')).toBe(one);
    expect(networkOf('2606:4700:0001:0002:0:0:0:9')).toBe(one);
    expect(networkOf('2606:4700:1:2::1%eth0')).toBe(one);
    expect(networkOf('[2606:4700:1:2::1]:443')).toBe(one);
    expect(networkOf('2606:4700:1:3::1')).not.toBe(one);
  });

  it('is the same however an IPv4 address is written', () => {
    for (const text of ['203.0.113.9', '::ffff:203.0.113.9', '::ffff:cb00:7109', '203.0.113.9:5312'])
      expect(networkOf(text)).toBe('203.0.113.9');
  });

  it('is the text itself where it is no address', () => {
    expect(networkOf('unknown')).toBe('unknown');
    expect(networkOf('_hidden')).toBe('_hidden');
  });
});
