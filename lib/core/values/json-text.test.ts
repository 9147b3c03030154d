import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonDifference } from './json-difference.ts';
import { prettyJson } from './pretty-json.ts';

test('JSON is laid out with its own tokens', () => {
  expect(prettyJson('{"b":[1,{"a":"x, {y}: \\" z"}],"big":12345678901234567890,"e":{},"l":[],"b":1.0}')).toBe(
    [
      ...['{', '  "b": [', '    1,', '    {', '      "a": "x, {y}: \\" z"', '    }', '  ],'],
      ...['  "big": 12345678901234567890,', '  "e": {},', '  "l": [],', '  "b": 1.0', '}'],
    ].join('\n'),
  );
  expect(prettyJson('"text"')).toBe('"text"');
  expect(prettyJson('{"a":')).toBeNull();
  expect(prettyJson('hello')).toBeNull();
});

test('what is laid out means the same, whatever is in it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const pretty = prettyJson(text) ?? '';
      expect(JSON.parse(pretty)).toEqual(JSON.parse(text));
      expect(pretty.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
    }),
  );
});

test('the members that are to be sent and are otherwise now', () => {
  const now = '{"state":"inbox","size":12345678901234567890,"tags":["a","b"],"own":1,"n":1.0,"deep":{"x/y":true}}';
  const will = '{"state":"archived","size":12345678901234567891,"tags":["a"],"n":1,"deep":{"x/y":false,"new":null}}';
  expect(jsonDifference(now, will, 50)).toEqual([
    { at: '/state', now: '"inbox"', will: '"archived"' },
    { at: '/size', now: '12345678901234567890', will: '12345678901234567891' },
    { at: '/tags', now: '2 entries', will: '1 entry' },
    { at: '/deep/x~1y', now: 'true', will: 'false' },
    { at: '/deep/new', now: null, will: 'null' },
  ]);
  expect(jsonDifference(now, will, 2)).toHaveLength(2);
  expect(jsonDifference('{"a":1}', '{"a":{"b":2}}', 9)).toEqual([{ at: '/a', now: '1', will: '{"b":2}' }]);
  expect(jsonDifference('[]', '{"a":1}', 9)).toEqual([{ at: '', now: '[]', will: '{"a":1}' }]);
  expect(jsonDifference('{}', '{"__proto__":{"a":1}}', 9)).toEqual([{ at: '/__proto__', now: null, will: '{"a":1}' }]);
  for (const [is, planned] of [
    ['<html>', '{}'],
    ['{}', 'text'],
    ['{}', '"text"'],
  ])
    expect(jsonDifference(is ?? '', planned ?? '', 9)).toBeNull();
});

test('brackets in brackets without end are neither laid out nor compared, and end at once', () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const began = performance.now();
  expect(prettyJson(deep)).toBeNull();
  expect(jsonDifference(deep, `{"a":${deep}}`, 9)).toBeNull();
  expect(jsonDifference('{"a":1}', `{"a":${'['.repeat(500) + ']'.repeat(500)}}`, 9)).toHaveLength(1);
  expect(performance.now() - began).toBeLessThan(60_000);
});
