/** Which items of a list are selected together, to be moved at once. Pure: the list is given as its ordinals, in its order. */

export type Picked = {
  ordinals: ReadonlySet<number>;
  /** where a range begins */
  anchor: number | null;
  /** what was selected before that range */
  before: ReadonlySet<number>;
};

const NONE: ReadonlySet<number> = new Set();
export const NOTHING_PICKED: Picked = { ordinals: NONE, anchor: null, before: NONE };

/** Selects one, or no longer. A range that comes next begins there. */
export function toggled({ ordinals }: Picked, ordinal: number): Picked {
  const now = new Set(ordinals);
  if (!now.delete(ordinal)) now.add(ordinal);
  return { ordinals: now, anchor: ordinal, before: now };
}

/** Selects from where the range begins (`from`, where none was begun) up to another, on either side; a range that gets shorter lets go of the rest. */
export function extended({ anchor, before, ordinals }: Picked, list: readonly number[], from: number | null, to: number): Picked {
  const begin = anchor ?? from ?? to;
  const base = anchor === null ? ordinals : before;
  const [one, other] = [list.indexOf(begin), list.indexOf(to)];
  if (other < 0) return { ordinals, anchor, before };
  const range = one < 0 ? [to] : list.slice(Math.min(one, other), Math.max(one, other) + 1);
  return { ordinals: new Set([...base, ...range]), anchor: begin, before: base };
}

/** All that are on the list. */
export function allPicked(list: readonly number[]): Picked {
  return { ordinals: new Set(list), anchor: null, before: NONE };
}

/** Where to go on once the selected are moved: the next one below that is not selected, else the nearest above, else where one is. */
export function afterPicked({ ordinals }: Picked, list: readonly number[], current: number | null): number | null {
  if (current === null || !ordinals.has(current)) return current;
  const at = list.indexOf(current);
  return (
    list.slice(at).find((ordinal) => !ordinals.has(ordinal)) ??
    list.slice(0, at).findLast((ordinal) => !ordinals.has(ordinal)) ??
    current
  );
}
