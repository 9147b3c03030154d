/** A sentence that proposes the name somebody probably meant, or lists the names when there are few; with a space before it. */
export function nearest(wrong: string, names: readonly string[]): string {
  const meant = nearestName(wrong, names);
  if (meant !== null) return ` Did you mean “${meant}”?`;
  return names.length > 0 && names.length <= 12 ? ` Choose one of: ${names.join(', ')}.` : '';
}

/** The name that somebody probably meant; null where none is near. */
export function nearestName(wrong: string, names: readonly string[]): string | null {
  const lower = wrong.toLowerCase();
  let best: { name: string; distance: number } | null = null;
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) > 3) continue;
    const distance = editDistance(lower, name.toLowerCase());
    if (best === null || distance < best.distance) best = { name, distance };
  }
  if (best !== null && best.distance <= Math.max(1, Math.floor(wrong.length / 3))) return best.name;
  return names.find((name) => lower.length > 2 && name.toLowerCase().includes(lower)) ?? null;
}

/** Levenshtein's distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
