/** Which chunks of a grid are selected, by keys and by clicks. Pure. */

/** `at`: where the keyboard is; `anchor`: where a range begins. */
export type Selection = { picked: ReadonlySet<number>; at: number | null; anchor: number | null };

export const NOTHING_SELECTED: Selection = { picked: new Set(), at: null, anchor: null };

/** Selects it, or no more. */
export function toggled({ picked }: Selection, number: number): Selection {
  const next = new Set(picked);
  if (!next.delete(number)) next.add(number);
  return { picked: next, at: number, anchor: number };
}

/** Selects all between the anchor and this one, in the order of the grid; what was selected before stays. */
export function ranged({ picked, at, anchor }: Selection, order: readonly number[], number: number): Selection {
  const from = order.indexOf(anchor ?? at ?? number);
  const to = order.indexOf(number);
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  if (first < 0) return toggled({ picked, at, anchor }, number);
  return { picked: new Set([...picked, ...order.slice(first, last + 1)]), at: number, anchor: order[from] ?? number };
}

/** Selects these too; where all of them are, none of them any more. */
export function gathered(selection: Selection, numbers: readonly number[]): Selection {
  const { picked } = selection;
  if (numbers.every((number) => picked.has(number))) {
    const gone = new Set(numbers);
    return { ...selection, picked: new Set([...picked].filter((number) => !gone.has(number))) };
  }
  return { ...selection, picked: new Set([...picked, ...numbers]) };
}

/**
 * To the chunk so many places on, no further than the ends.
 * @internal for its tests
 */
export function stepped(selection: Selection, order: readonly number[], by: number): Selection {
  const at = selection.at === null ? -1 : order.indexOf(selection.at);
  const next = at < 0 ? order[0] : order[Math.min(order.length - 1, Math.max(0, at + by))];
  return next === undefined ? selection : { ...selection, at: next, anchor: next };
}

/** Those of the selection that are still there, in the order of the grid. */
export function selectedOf<Chunk extends { number: number }>({ picked }: Selection, chunks: readonly Chunk[]): Chunk[] {
  return picked.size === 0 ? [] : chunks.filter(({ number }) => picked.has(number));
}

/** What a key means in a grid that is so many wide; null: nothing. Shift extends. */
export function keyed(
  selection: Selection,
  order: readonly number[],
  { key, shiftKey, ctrlKey, metaKey }: { key: string; shiftKey: boolean; ctrlKey: boolean; metaKey: boolean },
  wide: number,
): Selection | null {
  if ((ctrlKey || metaKey) && key.toLowerCase() === 'a') return gathered({ ...selection, picked: new Set() }, order);
  if (ctrlKey || metaKey) return null;
  const by = STEPS[key]?.(wide);
  if (by !== undefined) {
    const to = stepped(selection, order, by);
    return shiftKey && to.at !== null ? ranged(selection, order, to.at) : to;
  }
  if ((key === 'x' || key === ' ') && selection.at !== null) return toggled(selection, selection.at);
  if (key === 'Escape' && selection.picked.size > 0) return { ...selection, picked: new Set() };
  return null;
}

const STEPS: Record<string, (wide: number) => number> = {
  ArrowRight: () => 1,
  ArrowLeft: () => -1,
  ArrowDown: (wide) => wide,
  ArrowUp: (wide) => -wide,
  Home: () => Number.NEGATIVE_INFINITY,
  End: () => Number.POSITIVE_INFINITY,
};
