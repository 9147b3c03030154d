import { expect, test } from 'vitest';
import { RETRIES, UNSENT_REASONS } from '#lib/connectors/http/answers.ts';
import { failureWords, reasonWords } from './reason-words.ts';

test.each([
  ['http_422', 'HTTP 422'],
  ['worker_lost', 'worker lost'],
  ['10 in a row failed, the last with http_500', '10 in a row failed, the last with HTTP 500'],
  ['dns', 'dns'],
])('%s is read as %s', (code, words) => {
  expect(reasonWords(code)).toBe(words);
});

test.each([
  ['http_404', 'The target does not know it (HTTP 404).'],
  ['http_418', 'The target refused it (HTTP 418).'],
  ['http_302', 'The target sent us elsewhere (HTTP 302), and only the approved address is asked.'],
  ['changed_since', 'It was changed since, and what others did is not overwritten.'],
  ['__proto__', 'It failed: __proto__.'],
  ['of_a_newer_version', 'It failed: of a newer version.'],
  [null, 'No reason was given.'],
])('a failure with %s says %s', (code, words) => {
  expect(failureWords(code)).toBe(words);
});

test('every code of a request that was never sent says so', () => {
  for (const { reason } of UNSENT_REASONS)
    expect([reason, failureWords(reason)]).toEqual([reason, expect.stringMatching(/Nothing was sent\.$/)]);
});

test('every failure that passes has a sentence of its own, or its status in one', () => {
  for (const reason of RETRIES.flatMap(({ reasons }) => reasons)) expect(failureWords(reason)).not.toMatch(/^It failed/);
});
