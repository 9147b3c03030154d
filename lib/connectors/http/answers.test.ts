import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Meaning, meaningOf, resultOf, type Sending, targetFault, UNSENT_REASONS, unsentReason } from './answers.ts';

const sending = (meaning: Meaning, reason: string = meaning): Sending => ({
  meaning,
  reason,
  target: null,
  retryAfterMs: null,
  heard: null,
});
const certain = { harmless: false, mayHaveActed: false, honoursKeys: false };

describe('meaningOf', () => {
  test.each([
    [200, 'acted'],
    [204, 'acted'],
    [302, 'refused'],
    [303, 'uncertain'],
    [307, 'refused'],
    [400, 'refused'],
    [404, 'refused'],
    [408, 'uncertain'],
    [425, 'unprocessed'],
    [429, 'unprocessed'],
    [500, 'uncertain'],
    [501, 'refused'],
    [503, 'uncertain'],
    [504, 'uncertain'],
    [599, 'uncertain'],
    [101, 'uncertain'],
    [999, 'uncertain'],
  ] as const)('%i is %s', (status, meaning) => expect(meaningOf(status)).toBe(meaning));
});

describe('what a reason says of the target', () => {
  const says = (reason: string) => targetFault('https://api.example.com', reason);
  test.each([
    ['http_401', 'api.example.com refuses our requests (HTTP 401)'],
    ['http_403', 'api.example.com refuses our requests (HTTP 403)'],
    ['http_407', 'api.example.com refuses our requests (HTTP 407)'],
    ['http_429', 'api.example.com is too busy (HTTP 429)'],
    ['http_503', 'api.example.com fails or does not answer (HTTP 503)'],
    ['timeout', 'api.example.com fails or does not answer (timeout)'],
    ['connect_timeout', 'api.example.com can’t be reached (connect timeout)'],
  ])('%s', (reason, words) => expect(says(reason)).toBe(words));

  test('nothing that keeps a request from being sent is about one item', () => {
    for (const { reason } of UNSENT_REASONS) expect(says(reason), reason).not.toBeNull();
    expect(says('not_connected')).not.toBeNull();
  });

  test.each([
    'http_302',
    'http_400',
    'http_404',
    'http_409',
    'http_422',
    'http_501',
    'unreadable_request',
    'worker_lost',
    'aborted',
    'not_sent',
  ])('%s is about the one request, or about us', (reason) => expect(says(reason)).toBeNull());
});

describe('unsentReason', () => {
  test.each([
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ECONNREFUSED', 'refused'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['EPROTO', 'tls'],
    ['REFUSED_ADDRESS', 'refused_address'],
    ['ENETUNREACH', 'unreachable'],
    ['EWHATEVER', 'not_connected'],
  ])('%s is %s', (code, reason) => expect(unsentReason(Object.assign(new Error(code), { code }))).toBe(reason));

  test('looks into the error of a name with several addresses', () => {
    expect(unsentReason(new AggregateError([Object.assign(new Error('no'), { code: 'ECONNREFUSED' })]))).toBe('refused');
  });
});

describe('resultOf', () => {
  const keyed = { ...certain, honoursKeys: true };
  const inDoubt = { ...keyed, mayHaveActed: true };
  test.each([
    ['a success', sending('acted'), inDoubt, { result: 'succeeded', target: null }],
    ['a refusal', sending('refused', 'http_404'), keyed, { result: 'failed', reason: 'http_404' }],
    ['no answer', sending('uncertain', 'timeout'), keyed, { result: 'uncertain', reason: 'timeout', repeat: 'unanswered' }],
    ['a refusal in doubt', sending('refused', 'http_404'), inDoubt, { result: 'uncertain', reason: 'http_404' }],
    [
      'a refused connection in doubt',
      sending('unprocessed', 'refused'),
      inDoubt,
      { result: 'uncertain', reason: 'refused', repeat: 'unanswered' },
    ],
    ['busy', sending('unprocessed', 'http_429'), keyed, { result: 'failed', reason: 'http_429' }],
    ['at it', sending('refused', 'http_409'), keyed, { result: 'failed', reason: 'http_409', repeat: 'in_progress' }],
    [
      'at it in doubt',
      sending('refused', 'http_409'),
      inDoubt,
      { result: 'uncertain', reason: 'http_409', repeat: 'in_progress' },
    ],
    ['too early', sending('unprocessed', 'http_425'), keyed, { result: 'failed', reason: 'http_425', repeat: 'in_progress' }],
    ['a conflict without keys', sending('refused', 'http_409'), certain, { result: 'failed', reason: 'http_409' }],
  ] as const)('%s', (_what, one, known, expected) => expect(resultOf(one, known)).toEqual(expected));

  const sendings = fc.constantFrom<Meaning>('acted', 'refused', 'unprocessed', 'uncertain').map((meaning) => sending(meaning));

  test('failed is said only when no sending may have acted, here or before', () => {
    fc.assert(
      fc.property(sendings, fc.boolean(), fc.boolean(), (one, mayHaveActed, honoursKeys) => {
        const { result } = resultOf(one, { harmless: false, mayHaveActed, honoursKeys });
        const possible = mayHaveActed || one.meaning === 'uncertain' || one.meaning === 'acted';
        return (result === 'failed') === !possible;
      }),
    );
  });

  test('a request without an effect is never uncertain, and never repeated', () => {
    fc.assert(
      fc.property(sendings, fc.boolean(), fc.boolean(), (one, mayHaveActed, honoursKeys) => {
        const said = resultOf(one, { harmless: true, mayHaveActed, honoursKeys });
        return said.result !== 'uncertain' && !('repeat' in said);
      }),
    );
  });
});
