import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, commitment, type Json, leafHash } from './canonical.ts';

const text = (value: Json): string => canonicalBytes(value).toString('utf8');

describe('canonical JSON', () => {
  test('orders keys by UTF-16 code units and writes numbers as ECMAScript does (RFC 8785, sections 3.2.2 and 3.2.3)', () => {
    const value = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '😀': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    };
    // Not by parsing, which would put the key 1 first.
    expect([...text(value).matchAll(/:"([^"]+)"/g)].map(([, name]) => name)).toEqual([
      ...['Carriage Return', 'One', 'Control', 'Latin Small Letter O With Diaeresis', 'Euro Sign', 'Emoji: Grinning Face'],
      'Hebrew Letter Dalet With Dagesh',
    ]);
    expect(text([Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0])).toBe('[333333333.3333333,1e+30,4.5,0.002,1e-27,0]');
    expect(text('€$\u000f\nA\'B"\\\\"/')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"');
  });

  test('a key called __proto__ is a key like any other', () => {
    expect(text(JSON.parse('{"b":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"b":1}');
  });

  test.each([
    ['a lone surrogate', { a: '\ud800' }],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['NaN', [Number.NaN]],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
    ['undefined', { a: undefined }],
    ['a date, which has a toJSON', { a: new Date(0) }],
    ['an object with a toJSON of its own', { a: { toJSON: () => 'forged' } }],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a map', new Map()],
  ])('%s is refused', (_, value) => {
    expect(() => canonicalBytes(value as Json)).toThrow(TypeError);
  });

  test('reading and writing again gives the same bytes, whatever the value', () => {
    const json = fc.jsonValue().filter((value) => JSON.stringify(value).isWellFormed());
    fc.assert(
      fc.property(json, (value) => {
        fc.pre(!JSON.stringify(value).match(/\\ud[89a-f]/i));
        const bytes = canonicalBytes(value as Json);
        expect(canonicalBytes(JSON.parse(bytes.toString('utf8')))).toEqual(bytes);
      }),
    );
  });
});

test('the leaf of nothing is that of RFC 6962', () => {
  expect(leafHash(new Uint8Array()).toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
});

test('a commitment hides its value behind the salt', () => {
  const [one, other] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)];
  expect(commitment(one, 'ann@example.org')).not.toBe(commitment(other, 'ann@example.org'));
  expect(commitment(one, 'ann@example.org')).toMatch(/^[0-9a-f]{64}$/);
});
