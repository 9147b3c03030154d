import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonNode, jsonMembers, jsonPath, jsonRoot, jsonWords } from './json-tree.ts';

const rootOf = (text: string): JsonNode => {
  const root = jsonRoot(text);
  if (!root) throw new Error('no tree');
  return root;
};

describe('JSON as a tree', () => {
  it('shows every value as it is written, keys twice, and keys that objects have of themselves', () => {
    const text = ' {"n": 12345678901234567890, "r":1.10,"__proto__":{"x":1}, "n" : "a\\u0000\\"b" , "l":[ true,null ]} ';
    const { members, count } = jsonMembers(text, rootOf(text), 0, 10);
    expect(count).toBe(5);
    expect(members.map(({ key, node }) => [key, node.kind, jsonWords(text, node)])).toEqual([
      ['n', 'number', '12345678901234567890'],
      ['r', 'number', '1.10'],
      ['__proto__', 'object', '{"x":1}'],
      ['n', 'text', 'a\0"b'],
      ['l', 'list', '[ true,null ]'],
    ]);
  });

  it('is none for what is no object and no list, and for what is not JSON', () => {
    for (const text of ['', '"text"', '12', '{"a":1', '[1,]', "{'a':1}", 'null', '[object Object]'])
      expect(jsonRoot(text)).toBeNull();
  });

  it('says the same as JSON.parse of any value', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())),
        fc.constantFrom(undefined, 1, '\t'),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          const parsed = JSON.parse(text) as object;
          const { members, count } = jsonMembers(text, rootOf(text), 0, 1_000);
          expect(count).toBe(Object.keys(parsed).length);
          expect(members.map(({ key }) => String(key)).sort()).toEqual(Object.keys(parsed).sort());
          for (const { key, node } of members)
            expect(JSON.parse(text.slice(node.from, node.to))).toEqual((parsed as Record<string, unknown>)[key]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('opens 10,000 levels one by one, and gives a list of 100,000 in pieces', () => {
    const deep = `${'['.repeat(10_000)}1${']'.repeat(10_000)}`;
    let node = rootOf(deep);
    for (let level = 0; level < 50; level++) node = jsonMembers(deep, node, 0, 1).members[0]?.node ?? node;
    expect(deep.slice(node.from, node.to)).toHaveLength(2 * 9_950 + 1);
    const long = `[${Array.from({ length: 100_000 }, (_, at) => at).join(',')}]`;
    const { members, count } = jsonMembers(long, rootOf(long), 200, 2);
    expect([count, members.map(({ key, node: { from, to } }) => [key, long.slice(from, to)])]).toEqual([
      100_000,
      [
        [200, '200'],
        [201, '201'],
      ],
    ]);
  });

  it('names a place', () => {
    expect(jsonPath(['orders', 3, 'odd key', 'name'])).toBe('orders[3]["odd key"].name');
    expect(jsonPath([0, 'a'])).toBe('[0].a');
  });
});
