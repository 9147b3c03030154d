/** Numbers of items as a text of ranges: 1-200,203. Pure. */

/** @param ordinals ascending */
export function rangesText(ordinals: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const ordinal of ordinals) {
    const last = ranges.at(-1);
    if (last && last[1] === ordinal - 1) last[1] = ordinal;
    else ranges.push([ordinal, ordinal]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** Whether a number is among them. A text that is none names nothing. */
export function rangesOf(text: string): (ordinal: number) => boolean {
  const ranges = text.split(',').map((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    return { from, to };
  });
  return (ordinal) => {
    let [low, high] = [0, ranges.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { from, to } = ranges[middle] as { from: number; to: number };
      if (ordinal < from) high = middle - 1;
      else if (ordinal > to) low = middle + 1;
      else return ordinal >= from;
    }
    return false;
  };
}
