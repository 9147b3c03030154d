import { expect, test } from 'vitest';
import { RETRIES, UNSENT_REASONS } from './http/answers.ts';
import { CONNECTORS } from './kinds.ts';
import { failureWords, uncertainWords } from './registry.ts';

test.each([
  ['http_404', 'The target has nothing at this address (HTTP 404).'],
  ['http_418', 'The target refused the request (HTTP 418).'],
  ['http_302', 'The target redirected the request (HTTP 302). Redirects are not followed.'],
  ['changed_since', 'It was changed afterwards. Changes by others are not overwritten.'],
  ['__proto__', 'It failed: __proto__.'],
  ['of_a_newer_version', 'It failed: of a newer version.'],
  [null, 'The target gave no reason.'],
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

test('a reason means one thing, whichever connector gives it', () => {
  const reasons = ['changed_since', 'not_on_shelf', 'dns', 'timeout', 'reset', 'tls', 'http_404', 'http_500'];
  for (const reason of reasons) {
    const sentences = CONNECTORS.flatMap((connector) => connector.failureWords(reason) ?? []);
    expect(new Set(sentences).size, reason).toBe(1);
  }
});

test.each([
  [
    'http',
    'worker_lost',
    'The worker was lost before it stored an answer.',
    'with an answer that does not say what became of it (worker lost)',
  ],
  ['http', 'timeout', 'The target did not answer in time.', 'not answered in time'],
  ['http', 'http_502', 'The target answered HTTP 502, which does not say whether it acted.', 'answered with HTTP 502'],
  [
    'http',
    'bad_response',
    'The answer does not say what became of it: bad response.',
    'with an answer that does not say what became of it (bad response)',
  ],
  [
    'http',
    '__proto__',
    'The answer does not say what became of it: __proto__.',
    'with an answer that does not say what became of it (__proto__)',
  ],
  [
    'shelf',
    'timeout',
    'The answer does not say what became of it: timeout.',
    'with an answer that does not say what became of it (timeout)',
  ],
  ['of_a_newer_version', null, 'No answer came.', 'without an answer'],
])('an uncertain action of %s with %s says why, and what it is grouped by', (connector, reason, why, cause) => {
  expect(uncertainWords(connector, reason)).toEqual({ why, cause });
});
