import { expect, test } from 'vitest';
import { mbox } from './mbox/format.ts';
import { SAMPLE_MAILS, SAMPLE_NAME, sampleMailbox } from './sample.ts';
import { chunksOf } from './source.ts';

const installed = sampleMailbox() !== null;

test.runIf(installed)('the sample is one mailbox of exactly 6,046 readable messages', async () => {
  const source = sampleMailbox();
  if (!source) throw new Error('the package was there a moment ago');
  let items = 0;
  let unreadable = 0;
  const reasons = new Set<string>();
  for await (const segment of mbox.parse(chunksOf(source), { fileName: SAMPLE_NAME, now: new Date('2026-11-24T00:00:00Z') })) {
    items += segment.items.length;
    unreadable += segment.unreadable.length;
    for (const { values } of segment.items) reasons.add((values[4] ?? '').replace(/\d+ days/, 'N days'));
  }
  expect([items, unreadable]).toEqual([SAMPLE_MAILS, 0]);
  expect([...reasons].sort()).toEqual([
    '',
    'N days off its last Received line',
    'before 1990',
    'in the future',
    "the date can't be read",
  ]);
});
