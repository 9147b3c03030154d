import { expect, test } from 'vitest';
import { patienceWithSilence } from './silence.ts';

/** Looks once a second from `from` on; gives the second in which it was too long, and what was borne. */
function lookEachSecond(
  patience: ReturnType<typeof patienceWithSilence>,
  from: number,
  seconds: number,
): [number, number] | null {
  for (let second = 1; second <= seconds; second += 1) {
    const borne = patience.look(from + second * 1_000);
    if (borne !== null) return [second, borne];
  }
  return null;
}

test('ten seconds without a word are too long; a word at any time begins them anew', () => {
  const patience = patienceWithSilence(0);
  patience.heard('ready');
  expect(lookEachSecond(patience, 0, 9)).toBeNull();
  patience.heard('alive');
  expect(lookEachSecond(patience, 9_000, 30)).toEqual([10, 10_000]);
});

test('one that still starts has a minute, from its first word on', () => {
  const patience = patienceWithSilence(0);
  expect(lookEachSecond(patience, 0, 600)).toBeNull();
  patience.heard('alive');
  expect(lookEachSecond(patience, 600_000, 100)).toEqual([60, 60_000]);
});

test('while the machine sleeps, or gives us no turn, nobody is silent', () => {
  const patience = patienceWithSilence(0);
  patience.heard('ready');
  for (let hour = 1; hour <= 5; hour += 1) expect(patience.look(hour * 3_600_000)).toBeNull();
  expect(lookEachSecond(patience, 5 * 3_600_000, 30)).toEqual([10, 10_000]);
});

test('one that a debugger holds is left alone until it is let go', () => {
  const patience = patienceWithSilence(0);
  patience.heard('ready');
  patience.heard('debugged');
  expect(lookEachSecond(patience, 0, 600)).toBeNull();
  patience.heard('alive');
  expect(lookEachSecond(patience, 600_000, 30)).toEqual([10, 10_000]);
});
