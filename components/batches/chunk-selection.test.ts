import { expect, test } from 'vitest';
import { gathered, keyed, NOTHING_SELECTED, ranged, type Selection, selectedOf, stepped, toggled } from './chunk-selection.ts';

const order = [1, 2, 3, 5, 8, 9];
const press = (
  selection: Selection,
  key: string,
  held: Partial<Record<'shiftKey' | 'ctrlKey' | 'metaKey', boolean>> = {},
  wide = 3,
) => keyed(selection, order, { key, ...{ shiftKey: false, ctrlKey: false, metaKey: false }, ...held }, wide);
const numbers = ({ picked }: Selection) => [...picked].sort((a, b) => a - b);

test('one is selected and no more, and a range goes by the order of the grid in both directions', () => {
  const one = toggled(NOTHING_SELECTED, 5);
  expect([numbers(one), numbers(toggled(one, 5))]).toEqual([[5], []]);
  expect(numbers(ranged(one, order, 9))).toEqual([5, 8, 9]);
  expect(numbers(ranged(one, order, 2))).toEqual([2, 3, 5]);
  // The anchor stays: a second range begins where the first one did.
  expect(numbers(ranged(ranged(one, order, 8), order, 3))).toEqual([3, 5, 8]);
  // A chunk that is gone is no anchor.
  expect(numbers(ranged({ ...NOTHING_SELECTED, anchor: 77 }, order, 3))).toEqual([3]);
});

test('the keyboard walks, extends, selects all and lets go', () => {
  let at = press(NOTHING_SELECTED, 'ArrowRight');
  expect(at?.at).toBe(1);
  at = press(at as Selection, 'ArrowDown');
  expect(at?.at).toBe(5);
  expect(press(at as Selection, 'End')?.at).toBe(9);
  expect(press(at as Selection, 'Home')?.at).toBe(1);
  const two = press(press(at as Selection, 'x') as Selection, 'ArrowRight', { shiftKey: true }) as Selection;
  expect([numbers(two), two.at]).toEqual([[5, 8], 8]);
  expect(numbers(press(two, 'a', { ctrlKey: true }) as Selection)).toEqual(order);
  expect(numbers(press(two, 'Escape') as Selection)).toEqual([]);
  // Nothing is taken from the browser that is not ours.
  expect([press(two, 'r', { ctrlKey: true }), press(NOTHING_SELECTED, 'Escape'), press(NOTHING_SELECTED, 'x')]).toEqual([
    null,
    null,
    null,
  ]);
  expect(stepped(NOTHING_SELECTED, [], 1)).toEqual(NOTHING_SELECTED);
});

test('all of a state are selected at once and let go at once, and what is gone is selected no more', () => {
  const some = gathered(toggled(NOTHING_SELECTED, 1), [2, 3]);
  expect(numbers(some)).toEqual([1, 2, 3]);
  expect(numbers(gathered(some, [2, 3]))).toEqual([1]);
  expect(numbers(gathered(toggled(NOTHING_SELECTED, 2), [2, 3]))).toEqual([2, 3]);
  expect(selectedOf(some, [{ number: 3 }, { number: 9 }])).toEqual([{ number: 3 }]);
});
