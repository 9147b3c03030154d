import { expect, test } from 'vitest';
import { lineWords, sumWords } from './changes-words.ts';

test('the changes of a chunk are told in a line, and what is not counted is told', () => {
  const sum = { files: 23, new: 0, moved: 2, removed: 1, added: 1_200, gone: 31, unread: 0 };
  expect(sumWords(sum)).toBe('23 files: +1,200 −31, 2 moved, 1 removed');
  expect(sumWords({ ...sum, files: 1, moved: 0, removed: 0, new: 1, unread: 1 })).toBe(
    '1 file: +1,200 −31, 1 new. The lines of 1 file are not counted',
  );
  expect(lineWords({ added: 3, removed: 0 })).toBe('+3 −0');
  expect(lineWords({ added: null, removed: null })).toBeNull();
});
