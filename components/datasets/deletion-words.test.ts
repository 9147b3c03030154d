import { expect, test } from 'vitest';
import { deletionWords } from './deletion-words.ts';

const dataset = { itemCount: 6_046, bytes: 26_000_000, noun: 'mails' };

test('without a batch all of it goes', () => {
  expect(deletionWords(dataset, 0)).toEqual({
    lost: '6,046 mails, the original file (26 MB) and how it was read. This cannot be undone.',
    stays: 'Nothing of it here. The file that it was uploaded from is not touched.',
  });
});

test('what a batch goes by stays', () => {
  expect(deletionWords(dataset, 1).stays).toBe(
    '1 batch of it, with every receipt; and for it 6,046 mails, the original file (26 MB) and how it was read.',
  );
  expect(deletionWords(dataset, 3).stays).toMatch(/^3 batches of it, with every receipt; and for them 6,046 mails/);
  expect(deletionWords(dataset, 3).lost).toMatch(/not listed any more/);
});
