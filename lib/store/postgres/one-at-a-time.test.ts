import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Querying } from './db.ts';
import { oneAtATime } from './one-at-a-time.ts';

test('statements that are asked together run one after the other, in their order, and one that fails fails for its asker alone', async () => {
  const told: string[] = [];
  let running = 0;
  const query = async (text: string): Promise<string> => {
    running += 1;
    told.push(`${text} of ${running}`);
    await setImmediate();
    running -= 1;
    if (text === 'b') throw new Error('refused');
    return text;
  };
  const lane = oneAtATime({ query } as unknown as Querying);
  const all = await Promise.allSettled(['a', 'b', 'c'].map((text) => lane.query(text)));
  expect(told).toEqual(['a of 1', 'b of 1', 'c of 1']);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
