import { describe, expect, it } from 'vitest';
import { assertSameOrigin, siteOf } from './origin.ts';

const check = (headers: Record<string, string>) => () => assertSameOrigin(new Headers(headers));
const refused = expect.objectContaining({ code: 'forbidden' });

describe('a write from a browser', () => {
  it.each([
    ['the same host', { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' }],
    ['https ending at a proxy', { origin: 'https://sign.example.com', host: 'sign.example.com' }],
    [
      'a proxy that rewrites Host',
      { origin: 'https://sign.example.com', host: '10.0.0.7:3000', 'x-forwarded-host': 'sign.example.com' },
    ],
    [
      'https that the proxy tells of',
      { origin: 'https://sign.example.com', host: 'sign.example.com', 'x-forwarded-proto': 'https' },
    ],
    ['a host in capitals', { origin: 'http://sign.example.com', host: 'Sign.Example.com' }],
  ])('%s is let through', (_, headers) => {
    expect(check(headers)).not.toThrow();
  });

  it.each([
    ['no Origin', { host: '127.0.0.1:3000' }],
    ['no Origin but a Referer', { referer: 'http://127.0.0.1:3000/', host: '127.0.0.1:3000' }],
    ['an opaque origin', { origin: 'null', host: '127.0.0.1:3000' }],
    ['an empty origin', { origin: '', host: '127.0.0.1:3000' }],
    ['another host', { origin: 'http://evil.example', host: '127.0.0.1:3000' }],
    ['another port', { origin: 'http://127.0.0.1:4000', host: '127.0.0.1:3000' }],
    ['a longer name', { origin: 'http://sign.example.com.evil.example', host: 'sign.example.com' }],
    ['our name as the user part', { origin: 'http://sign.example.com@evil.example', host: 'sign.example.com' }],
    [
      'the same host over http, where the browser was asked over https',
      { origin: 'http://sign.example.com', host: 'sign.example.com', 'x-forwarded-proto': 'https' },
    ],
    ['no host at all', { origin: 'http://sign.example.com' }],
  ])('%s is refused', (_, headers) => {
    expect(check(headers)).toThrow(refused);
  });
});

it('links to hand over carry the address that the admin sees', () => {
  expect(siteOf(new Headers({ origin: 'https://sign.example.com', host: '10.0.0.7' }))).toBe('https://sign.example.com');
  expect(siteOf(new Headers({ host: 'sign.example.com', 'x-forwarded-proto': 'https' }))).toBe('https://sign.example.com');
});
