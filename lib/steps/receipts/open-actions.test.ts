import { expect, test } from 'vitest';
import { OpenActions } from './open-actions.ts';

test('what is open is found, whatever was ended before it: as in a Map, over ordinals that want the same place', () => {
  let seed = 20261127;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  const [open, map] = [new OpenActions<{ ordinal: number; seq: number }>(), new Map<number, { ordinal: number; seq: number }>()];
  for (let seq = 0; seq < 20_000; seq += 1) {
    const ordinal = 1 + next(8) + 64 * next(30);
    if (next(seq % 2_000 < 1_000 ? 3 : 2) > 0) {
      open.set({ ordinal, seq });
      map.set(ordinal, { ordinal, seq });
    } else {
      open.delete(ordinal);
      map.delete(ordinal);
    }
    const other = 1 + next(8) + 64 * next(30);
    expect(open.get(other)).toEqual(map.get(other));
  }
  const inOrder = (all: Iterable<{ ordinal: number }>) => [...all].sort((a, b) => a.ordinal - b.ordinal);
  expect(inOrder(open.values())).toEqual(inOrder(map.values()));
});
