import { expect, test } from 'vitest';
import { boundWords, chunksWords, isGround, looksMissing, unlookedWords } from './decide-words.ts';

const bound = { category: 'noise', population: 6_046, looks: 193, wrong: 0, atMost: 120, allowed: 120, met: true, more: 0 };
const chunks = ['2024', '2023', '2022', '2021', '2020'].map((name, index) => ({
  name,
  number: index + 1,
  revision: 1,
  itemCount: 10,
}));

test('a bound is told with its share, of the rest once something was found, and never where nobody looked', () => {
  expect(boundWords(bound)).toBe('noise: looked at 193, 0 wrong: at most 120 of 6,046 wrong (1.98 %), 95 % sure.');
  expect(boundWords({ ...bound, looks: 500, wrong: 5, atMost: 185 })).toBe(
    'noise: looked at 500, 5 wrong: at most 180 of the other 6,041 wrong (2.98 %), 95 % sure.',
  );
  expect(boundWords({ ...bound, looks: 0, atMost: 6_046 })).toBe('noise: no random look yet among its 6,046.');
  expect(boundWords({ ...bound, population: 2, looks: 2, wrong: 2, atMost: 2 })).toBe(
    'noise: looked at 2, 2 wrong: at most 0 of the other 0 wrong, 95 % sure.',
  );
  expect(looksMissing([bound, { ...bound, more: 40 }, { ...bound, more: 9 }])).toBe(49);
});

test('without a bound there is no ground, and with one it is only there once nothing is missing', () => {
  expect(isGround({ bound: null, ungrounded: [] })).toBe(false);
  expect(isGround({ bound: [bound], ungrounded: ['noise: more looks.'] })).toBe(false);
  expect(isGround({ bound: [bound], ungrounded: [] })).toBe(true);
});

test('what is decided is named, and what nobody looked at is said', () => {
  const all = { chunks, items: 50, noun: 'mails', marked: 7 };
  expect(chunksWords(all)).toBe('5 chunks (2024, 2023, 2022, 2021 and 1 more), 50 mails in all.');
  expect(chunksWords({ ...all, chunks: chunks.slice(0, 2), items: 20 })).toBe('2 chunks (2024 and 2023), 20 mails in all.');
  expect(unlookedWords({ ...all, unmarkedChunks: 3 })).toBe(
    'Nobody marked an item in 3 of these 5 chunks. In the others 7 mails were marked.',
  );
  expect(unlookedWords({ ...all, unmarkedChunks: 5, marked: 0 })).toBe('Nobody marked an item in any of these 5 chunks.');
  expect(unlookedWords({ ...all, unmarkedChunks: 0 })).toBe('7 mails of these chunks were marked, some in each.');
});
