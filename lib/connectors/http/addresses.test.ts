import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardedLookup, hostNotPublic, notPublic, RefusedAddress, type Resolve } from './addresses.ts';

const PRIVATE = [
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::a00:1',
  '2001::1',
  '2002:7f00:1::',
  '2001:db8::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '4000::1',
];

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.0.1',
  '172.32.0.1',
  '192.169.0.1',
  '2606:4700::1111',
  '2a00:1450::8',
];

describe('notPublic', () => {
  test.each(PRIVATE)('%s is refused', (address) => expect(notPublic(address)).not.toBeNull());
  test.each(PUBLIC)('%s is public', (address) => expect(notPublic(address)).toBeNull());
  test.each(['', 'example.com', '127.1', '0x7f.1', '1.2.3.4.5'])('“%s” is not an address, so not public', (text) => {
    expect(notPublic(text)).toBe('not an address');
  });

  test('every address in 10/8, 127/8 and 192.168/16 is refused, mapped into IPv6 too', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.constantFrom('10', '127'), byte, byte, byte, (a, b, c, d) => {
        const address = `${a}.${b}.${c}.${d}`;
        return notPublic(address) !== null && notPublic(`::ffff:${address}`) !== null;
      }),
    );
  });
});

describe('hostNotPublic, on what URL parsing makes of the ways to write a host', () => {
  test.each([
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127。0。0。1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://0/',
    'http://0.0.0.0/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://169.254.169.254/',
  ])('%s is refused', (url) => expect(hostNotPublic(new URL(url).hostname)).not.toBeNull());

  test.each(['http://example.com/', 'http://8.8.8.8/', 'http://localhost.example.com/', 'http://[2606:4700::1111]/'])(
    '%s is not',
    (url) => {
      expect(hostNotPublic(new URL(url).hostname)).toBeNull();
    },
  );
});

describe('guardedLookup', () => {
  const answering =
    (...addresses: string[]): Resolve =>
    (_hostname, _options, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  const ask = (resolve: Resolve, allow: boolean, all: boolean) =>
    new Promise((give, refuse) => {
      guardedLookup(allow, resolve)('it.example', { all }, (error, address) => (error ? refuse(error) : give(address)));
    });

  test('gives the addresses that it judged, once resolved', async () => {
    let asked = 0;
    const counting: Resolve = (hostname, options, done) => {
      asked += 1;
      answering('8.8.8.8', '2606:4700::1111')(hostname, options, done);
    };
    await expect(ask(counting, false, true)).resolves.toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(asked).toBe(1);
  });

  test('one private answer among public ones refuses all', async () => {
    await expect(ask(answering('8.8.8.8', '127.0.0.1'), false, true)).rejects.toThrow(RefusedAddress);
    await expect(ask(answering('8.8.8.8', '::ffff:10.0.0.1'), false, false)).rejects.toThrow('an IPv4-mapped address');
  });

  test('a private answer is given where private targets are allowed', async () => {
    await expect(ask(answering('127.0.0.1'), true, false)).resolves.toBe('127.0.0.1');
  });

  test('no answer is an error with the code of an unknown name', async () => {
    await expect(ask(answering(), false, true)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});
