import { expect, test } from 'vitest';
import { REQUEST_BYTES_MAX } from '#lib/core/limits.ts';
import { frozenBytes } from './frozen.ts';

test('half a character or too many bytes are an error about the item, not about the server', () => {
  const refused = (text: string) => () => frozenBytes({ text }, 7, 'its change');
  expect(refused('a\ud83d')).toThrow(/^Item 7: its change holds text that is not valid Unicode\.$/);
  expect(refused('x'.repeat(REQUEST_BYTES_MAX))).toThrow(
    new RegExp(
      `^Item 7: its change has ${REQUEST_BYTES_MAX + '{"text":""}'.length} bytes; at most ${REQUEST_BYTES_MAX} can be sent\\.$`,
    ),
  );
  expect(Buffer.from(frozenBytes({ text: 'a😀' }, 7)).toString()).toBe('{"text":"a😀"}');
});
