import { expect, test } from 'vitest';
import { batchesAddress, batchesAsked } from './batches-address.ts';

test('an address asks for what it says, and what is none of ours is left alone', () => {
  expect(batchesAsked({ state: 'running', name: ' mail ', cursor: 'x', other: 'y' })).toEqual({
    ...{ state: 'running', name: 'mail', cursor: 'x' },
  });
  expect(batchesAsked({ state: 'constructor', name: ['\0', 'b'] })).toEqual({});
  expect(batchesAsked({ name: 'x'.repeat(300) }).name).toHaveLength(200);
  for (const asked of [
    {},
    { state: 'paused' as const },
    { name: '100 % & ünder' },
    { state: 'finished' as const, cursor: 'a_b' },
  ])
    expect(batchesAsked(Object.fromEntries(new URL(batchesAddress(asked), 'http://x').searchParams))).toEqual(asked);
});
