import { describe, expect, it } from 'vitest';
import { jsonRoot } from '#lib/core/values/json-tree.ts';
import { LEVELS_SHOWN, MEMBERS_SHOWN, treeRows } from './tree-rows.ts';

const rows = (text: string, open: number[] = [], shown: [number, number][] = []) => {
  const root = jsonRoot(text);
  if (!root) throw new Error('no tree');
  return treeRows(text, root, new Set(open), new Map(shown));
};

describe('the rows of a tree', () => {
  it('are the members of what is open, in the order of the text', () => {
    const text = '{"a":{"b":1,"c":[]},"d":2}';
    expect(rows(text).map((row) => row.kind === 'value' && [row.keys.join('.'), row.level, row.members, row.open])).toEqual([
      ['a', 1, 2, false],
      ['d', 1, null, false],
    ]);
    expect(rows(text, [5]).map((row) => row.kind === 'value' && [row.keys.join('.'), row.level, row.members, row.open])).toEqual([
      ['a', 1, 2, true],
      ['a.b', 2, null, false],
      ['a.c', 2, 0, false],
      ['d', 1, null, false],
    ]);
  });

  it('are bounded: of a long list the first, then more by the press', () => {
    const text = JSON.stringify(Array.from({ length: 1_000 }, (_, at) => at));
    const first = rows(text);
    expect(first).toHaveLength(MEMBERS_SHOWN + 1);
    expect(first.at(-1)).toMatchObject({ kind: 'more', of: 0, left: 800 });
    expect(rows(text, [], [[0, 400]]).at(-1)).toMatchObject({ kind: 'more', left: 600 });
  });

  it('end where it is too deep, also where 10,000 levels are open', () => {
    const text = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const all = rows(
      text,
      Array.from({ length: 10_000 }, (_, at) => at),
    );
    expect(all).toHaveLength(LEVELS_SHOWN);
    expect(all.at(-1)).toMatchObject({ level: LEVELS_SHOWN, members: null });
  });
});
