import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, type Json } from './canonical.ts';
import {
  type IntentBody,
  idempotencyKey,
  type OutcomeBody,
  type ReceiptBody,
  readReceipt,
  sealReceipt,
  seenDigest,
} from './receipt.ts';

const HEX = 'ab'.repeat(32);
const INTENT: IntentBody = {
  ...{ v: 1, kind: 'intent', batch: '5b0d7c0e-0000-4000-8000-000000000001', chunk: 7, ordinal: 1042, step: 1, attempt: 1 },
  ...{ decision: '5b0d7c0e-0000-4000-8000-000000000002', manifest: HEX, item: HEX },
  action: { connector: 'http', connection: null, do: 'POST', version: 1 },
  ...{
    request: HEX,
    idempotencyKey: 'cd'.repeat(16),
    epoch: 3,
    by: 'worker:w',
    at: '2026-11-23T20:30:00.123Z',
    values: { subject: HEX },
  },
};
const OUTCOME: OutcomeBody = {
  ...{
    v: 1,
    kind: 'outcome',
    batch: INTENT.batch,
    chunk: 7,
    ordinal: 1042,
    step: 2,
    attempt: 1,
    intent: HEX,
    result: 'succeeded',
  },
  ...{ reason: null, target: '17', before: null, epoch: 3, by: 'worker:w', at: '2026-11-23T20:30:00.223Z' },
};

describe('a receipt', () => {
  test('has these very bytes, today and in ten years', () => {
    const { body, leaf } = sealReceipt(OUTCOME);
    expect(body.toString('utf8')).toBe(
      `{"at":"2026-11-23T20:30:00.223Z","attempt":1,"batch":"5b0d7c0e-0000-4000-8000-000000000001","before":null,"by":"worker:w","chunk":7,"epoch":3,"intent":"${HEX}","kind":"outcome","ordinal":1042,"reason":null,"result":"succeeded","step":2,"target":"17","v":1}`,
    );
    expect(leaf).toHaveLength(32);
  });

  test('reads back as it was sealed', () => {
    for (const receipt of [INTENT, OUTCOME]) expect(readReceipt(sealReceipt(receipt).body)).toEqual(receipt);
  });

  test('over 65,535 bytes is refused before anything is sent', () => {
    expect(() => sealReceipt({ ...OUTCOME, target: 'x'.repeat(65_535) })).toThrow(RangeError);
    expect(sealReceipt({ ...OUTCOME, target: 'x'.repeat(65_000) }).body.length).toBeLessThanOrEqual(65_535);
  });

  test.each([
    ['a member too many', { ...OUTCOME, note: 'x' }],
    ['a member missing', Object.fromEntries(Object.entries(OUTCOME).filter(([name]) => name !== 'before'))],
    ['another version', { ...OUTCOME, v: 2 }],
    ['an unknown kind', { ...OUTCOME, kind: 'promise' }],
    ['a kind of the prototype', { ...OUTCOME, kind: 'constructor' }],
  ])('with %s is not read', (_, value) => {
    expect(() => readReceipt(canonicalBytes(value as unknown as Json))).toThrow();
  });

  test('whose bytes were altered in any place is not read, or reads as something else', () => {
    const { body } = sealReceipt(OUTCOME);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const altered = Buffer.from(body);
        altered[at] = (altered[at] ?? 0) ^ mask;
        let read: ReceiptBody | null = null;
        try {
          read = readReceipt(altered);
        } catch {
          return;
        }
        expect(read).not.toEqual(OUTCOME);
      }),
    );
  });

  test('with spaces or another order of members is not canonical', () => {
    expect(() => readReceipt(Buffer.from(JSON.stringify(OUTCOME)))).toThrow('not canonical');
    expect(() => readReceipt(Buffer.from(`${sealReceipt(OUTCOME).body} `))).toThrow();
  });
});

test('what was seen has one digest, in whatever order and however often', () => {
  expect(seenDigest([3, 1, 2, 3])).toBe(seenDigest([1, 2, 3]));
  expect(seenDigest([1, 23])).not.toBe(seenDigest([12, 3]));
});

test('each attempt has a key of its own, the same whoever makes it', () => {
  const key = idempotencyKey(INTENT.decision, 1, 1);
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(idempotencyKey(INTENT.decision, 1, 1)).toBe(key);
  expect(
    new Set([
      key,
      idempotencyKey(INTENT.decision, 1, 2),
      idempotencyKey(INTENT.decision, 11, 1),
      idempotencyKey(INTENT.decision, 1, 11),
    ]).size,
  ).toBe(4);
});
