import { expect, test } from 'vitest';
import { INCIDENT_KINDS, type IncidentKind } from '#lib/core/fleet/incident-kinds.ts';
import { retryAfterMs } from './backoff.ts';
import { type NoticeOf, noticeWords } from './words.ts';

const BATCH = '00000000-0000-4000-8000-000000000001';
const of = (kind: NoticeOf['kind'], facts: NoticeOf['facts'], more: Partial<NoticeOf> = {}): NoticeOf => ({
  ...{ kind, phase: 'begun', batchId: BATCH, facts: { batch: 'Mail', ...facts } },
  ...more,
});

test.each<[NoticeOf, string, string]>([
  [of('waits', { reviews: 1_204, releases: 1 }), '“Mail” waits for 1,204 reviews and 1 release', `/batches/${BATCH}`],
  [of('waits', { reviews: 1, chunk: 7 }), '“Mail” waits for 1 review', `/batches/${BATCH}/chunks/7`],
  [of('overdue', { reviews: 2, hours: 24 }), '“Mail” has waited for more than 24 hours for 2 reviews', `/batches/${BATCH}`],
  [of('second', { count: 3 }), '“Mail” wants a second signature on 3 chunks', `/batches/${BATCH}`],
  [of('incident', { incident: 'halted', count: 40 }), 'Incident: chunks halted in “Mail” (40)', `/batches/${BATCH}`],
  [
    of('incident', { incident: 'target', batch: null }, { batchId: null, phase: 'over' }),
    'Over: a target fails, and nothing is sent to it',
    '/admin',
  ],
  [of('finished', { done: 9_102, failed: 0, uncertain: 2 }), '“Mail” is finished: 9,102 done, 2 uncertain', `/batches/${BATCH}`],
])('%j says so', (notice, title, path) => {
  expect(noticeWords(notice)).toEqual({ title, path });
});

test('a name with line ends, turned text and control characters is one plain line', () => {
  const batch = 'Mail\r\nBcc: eve@example.org\u2028\u202eliam\u0000';
  expect(noticeWords(of('waits', { batch, reviews: 1 })).title).toBe('“Mail Bcc: eve@example.org liam” waits for 1 review');
});

test('every kind of incident has words', () => {
  for (const incident of Object.keys(INCIDENT_KINDS) as IncidentKind[])
    expect(noticeWords(of('incident', { incident })).title).not.toContain('undefined');
});

test('what is not taken is tried for some hours, and then given up; what is refused for good at once', () => {
  const waits = [1, 2, 3, 4, 5, 6].map((attempts) => retryAfterMs(attempts, false));
  expect(waits.slice(0, 5)).toEqual([...waits.slice(0, 5)].sort((a, b) => Number(a) - Number(b)));
  expect(waits[0]).toBe(60_000);
  expect(waits[5]).toBeNull();
  expect(retryAfterMs(1, true)).toBeNull();
});
