import { expect, test } from 'vitest';
import { storyWords, type ToldReceipt } from './words.ts';

const receipt = (change: Partial<ToldReceipt>): ToldReceipt => ({
  kind: 'outcome',
  result: 'succeeded',
  signing: null,
  fields: {},
  body: { by: 'worker:1' },
  ...change,
});
const names = { 'user:1': 'Ada', 'worker:1': 'Worker 4012' };

test.each<[Partial<ToldReceipt>, string]>([
  [
    { kind: 'decision', result: null, body: { by: 'user:1', answers: { execute: true }, seenCount: 40 } },
    'Ada approved what was on the screen after seeing 40 samples.',
  ],
  [
    { kind: 'decision', result: null, body: { by: 'user:1', answers: { release: true }, factor: 'passkey' } },
    'Ada released the rest after the first were done. A passkey proved who it was.',
  ],
  [
    { kind: 'decision', result: null, body: { by: 'user:1', answers: { release: true }, factor: 'password' } },
    'Ada released the rest after the first were done. The password proved who it was.',
  ],
  [
    {
      kind: 'decision',
      result: null,
      body: { by: 'user:1', answers: { execute: true }, seenCount: 1, override: 'known sender' },
    },
    'Ada approved what was on the screen after seeing 1 sample, without a sample of each (“known sender”).',
  ],
  [
    {
      kind: 'decision',
      result: null,
      fields: { override: 'known sender', note: 'as agreed' },
      body: {
        v: 2,
        by: 'user:1',
        answers: { execute: true },
        seenCount: 1,
        override: 'ab',
        note: 'cd',
        overrides: ['unseen', 'evidence'],
      },
    },
    'Ada approved what was on the screen after seeing 1 sample, without a sample of each, without the evidence that the plan wants (“known sender”). “as agreed”',
  ],
  [
    {
      kind: 'correction',
      result: null,
      fields: { note: '[erased]' },
      body: { by: 'user:1', count: 1, from: 'noise', to: 'keep', note: 'ab' },
    },
    'Ada moved 1 item from “noise” to “keep”. [erased]',
  ],
  [
    { kind: 'start', result: null, body: { by: 'user:1', items: 6_046, chunks: 22 } },
    'Ada started the batch: 6,046 items in 22 chunks.',
  ],
  [
    { kind: 'closing', result: null, body: { by: 'system', state: 'finished', receipts: 12_406 } },
    'The batch is finished. It has 12,406 receipts before this one.',
  ],
  [
    { kind: 'decision', result: null, signing: 'first', body: { by: 'user:1', answers: { execute: true }, seenCount: 2 } },
    'Ada signed first what was on the screen after seeing 2 samples; nothing runs before a second person signs.',
  ],
  [
    { kind: 'decision', result: null, signing: 'second', body: { by: 'user:1', answers: { execute: true }, seenCount: 2 } },
    'Ada signed second, and so approved what was on the screen after seeing 2 samples.',
  ],
  [
    {
      ...{ kind: 'decision', result: null, signing: 'second' },
      body: { by: 'user:1', answers: { execute: true }, seenCount: 2, first: { by: 'user:2', seenCount: 1_200 } },
    },
    'Ada signed second, and so approved what was on the screen after seeing 2 samples; whoever signed first had seen 1,200.',
  ],
  [
    { kind: 'decision', result: null, signing: 'refused', body: { by: 'user:1', answers: { sendBack: true } } },
    'Ada did not sign; the first signature is void.',
  ],
  [
    { kind: 'decision', result: null, body: { by: 'user:2', answers: { next: true } } },
    'user:2 let the next chunk continue; nothing of this chunk was executed.',
  ],
  [
    {
      kind: 'intent',
      result: null,
      body: { by: 'worker:1', attempt: 2, action: { connector: 'http', connection: 'crm', do: 'POST' } },
    },
    'Worker 4012 stored what it was about to send (http crm POST, attempt 2), and sent it only then.',
  ],
  [{ body: { by: 'worker:1', target: '991' } }, 'It was done; the target calls it 991.'],
  [
    { result: 'uncertain', body: { by: 'worker:1', reason: 'timeout' } },
    'Nobody knows what became of it (timeout). It may have happened. It is not repeated by itself.',
  ],
  [{ result: 'skipped', body: { by: 'worker:1' } }, 'Worker 4012 skipped it. Nothing was sent.'],
  [
    { kind: 'resolution', result: 'not_executed', body: { by: 'user:1', evidence: 'person' } },
    'Ada answered: it did not happen. Nothing was resent.',
  ],
  [
    { kind: 'resolution', result: 'abandoned', body: { by: 'user:1', evidence: 'person' } },
    'Ada answered: nobody can know. It stays uncertain, and was accepted as unknown.',
  ],
])('%j reads as a sentence', (change, sentence) => {
  expect(storyWords(receipt(change), names)).toBe(sentence);
});
