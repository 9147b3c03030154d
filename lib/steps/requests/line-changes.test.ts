import { expect, test } from 'vitest';
import { lineChanges } from './line-changes.ts';

test('a text that comes, goes, changes and ends without a line break is told line by line; too much of it as two blocks', () => {
  expect(lineChanges(null, 'a\nb\n')).toEqual({ added: 2, removed: 0, hunks: [{ before: 1, after: 1, lines: ['+a', '+b'] }] });
  expect(lineChanges('a\r\n', 'a\n').hunks).toEqual([{ before: 1, after: 1, lines: ['-a\r', '+a'] }]);
  expect(lineChanges('a', 'a\n')).toMatchObject({ added: 1, removed: 1 });
  expect(lineChanges('same\n', 'same\n')).toEqual({ added: 0, removed: 0, hunks: [] });
  const lines = (of: string): string => Array.from({ length: 3_000 }, (_, at) => `${of} ${at}`).join('\n');
  const [hunk, ...more] = lineChanges(`same\n${lines('a')}`, `same\n${lines('b')}`).hunks;
  expect([hunk?.before, hunk?.lines.length, hunk?.lines[0], hunk?.lines.at(-2), more]).toEqual([2, 6_002, '-a 0', '+b 2999', []]);
  expect(lineChanges(null, 'a').hunks).toEqual([{ before: 1, after: 1, lines: ['+a', '\\ No newline at end of file'] }]);
});
