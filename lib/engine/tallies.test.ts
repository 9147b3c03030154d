import { expect, test } from 'vitest';
import { latencyBucket } from '#lib/core/fleet/latency.ts';
import { TARGET_CHARS_MAX, TARGETS_TALLIED_MAX } from '#lib/core/limits.ts';
import { OTHER_TARGETS, tallies } from './tallies.ts';

test('what is taken is gone, and comes again when it could not be written', () => {
  const counts = tallies();
  expect(counts.take()).toBeNull();
  counts.receipts(3);
  counts.classified(500);
  counts.answered('https://a', true, 7);
  counts.answered('https://a', false, 70_000);
  const taken = counts.take();
  expect(taken).toMatchObject({ receipts: 3, classified: 500 });
  expect(taken?.targets.get('https://a')).toMatchObject({ requests: 2, failed: 1 });
  expect(counts.take()).toBeNull();
  counts.receipts(1);
  counts.answered('https://a', true, 7);
  if (taken) counts.giveBack(taken);
  const again = counts.take();
  expect(again).toMatchObject({ receipts: 4, classified: 500 });
  const target = again?.targets.get('https://a');
  expect([target?.requests, target?.failed, target?.latencies[latencyBucket(7)], target?.latencies.at(-1)]).toEqual([3, 1, 2, 1]);
});

test('a file that names a new target in each row fills no memory', () => {
  const counts = tallies();
  for (let n = 0; n < TARGETS_TALLIED_MAX * 3; n++) counts.answered(`https://${n}`, true, 1);
  counts.answered(`https://${'x'.repeat(TARGET_CHARS_MAX)}`, false, 1);
  const { targets } = counts.take() ?? { targets: new Map() };
  expect(targets.size).toBe(TARGETS_TALLIED_MAX + 1);
  expect(targets.get(OTHER_TARGETS)).toMatchObject({ requests: TARGETS_TALLIED_MAX * 2 + 1, failed: 1 });
});
