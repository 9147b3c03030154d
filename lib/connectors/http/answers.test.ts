import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Meaning, meaningOf, resultOf, type Sending, targetFault, UNSENT_REASONS, unsentReason } from './answers.ts';

const sending = (meaning: Meaning, reason: string = meaning): Sending => ({ meaning, reason, target: null, retryAfterMs: null });
const certain = { harmless: false, mayHaveActed: false };

describe('meaningOf', () => {
  test.each([
    [200, 'acted'],
    [204, 'acted'],
    [302, 'refused'],
    [303, 'uncertain'],
    [307, 'refused'],
    [400, 'refused'],
    [404, 'refused'],
    [408, 'unprocessed'],
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
    ['http_401', 'api.example.com refuses us (HTTP 401)'],
    ['http_403', 'api.example.com refuses us (HTTP 403)'],
    ['http_407', 'api.example.com refuses us (HTTP 407)'],
    ['http_429', 'api.example.com is too busy for us (HTTP 429)'],
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
  test.each([
    ['a success', [sending('acted')], 'succeeded'],
    ['a refusal', [sending('refused', 'http_404')], 'failed'],
    ['an uncertain one', [sending('uncertain', 'timeout')], 'uncertain'],
    ['an uncertain one, then a success under the same key', [sending('uncertain'), sending('acted')], 'succeeded'],
    ['an uncertain one, then a refusal', [sending('uncertain', 'timeout'), sending('refused', 'http_404')], 'uncertain'],
    [
      'an uncertain one, then a refused connection',
      [sending('uncertain', 'reset'), sending('unprocessed', 'refused')],
      'uncertain',
    ],
    ['busy, then a refusal', [sending('unprocessed', 'http_429'), sending('refused', 'http_400')], 'failed'],
    ['nothing sent at all', [], 'failed'],
  ] as const)('%s', (_what, sendings, result) => expect(resultOf(sendings, certain).result).toBe(result));

  test('names what is uncertain, not what came after it', () => {
    expect(resultOf([sending('uncertain', 'timeout'), sending('unprocessed', 'refused')], certain)).toEqual({
      result: 'uncertain',
      reason: 'timeout',
    });
  });

  const sendings = fc.array(
    fc.constantFrom<Meaning>('acted', 'refused', 'unprocessed', 'uncertain').map((meaning) => sending(meaning)),
    { maxLength: 4 },
  );

  test('failed is said only when no sending may have acted, here or before', () => {
    fc.assert(
      fc.property(sendings, fc.boolean(), (all, mayHaveActed) => {
        const { result } = resultOf(all, { harmless: false, mayHaveActed });
        const possible = mayHaveActed || all.some(({ meaning }) => meaning === 'uncertain' || meaning === 'acted');
        return (result === 'failed') === !possible;
      }),
    );
  });

  test('a request without an effect is never uncertain', () => {
    fc.assert(
      fc.property(
        sendings,
        fc.boolean(),
        (all, mayHaveActed) => resultOf(all, { harmless: true, mayHaveActed }).result !== 'uncertain',
      ),
    );
  });
});
