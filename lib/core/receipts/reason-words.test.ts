import { expect, test } from 'vitest';
import { reasonWords } from './reason-words.ts';

test.each([
  ['http_422', 'HTTP 422'],
  ['worker_lost', 'worker lost'],
  ['10 in a row failed, the last with http_500', '10 in a row failed, the last with HTTP 500'],
  ['dns', 'dns'],
])('%s is read as %s', (code, words) => {
  expect(reasonWords(code)).toBe(words);
});
