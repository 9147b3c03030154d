/**
 * Which items a person is asked about next: those of which what was learned knows least, none like another, and a few at random, by which can be told how right
 * it is about the rest. None of them is ever a random look (docs/evidence.md): that order has a seed which nobody knows.
 */
import type { Learned } from './learned.ts';
import { likenessTo, type Vector } from './vectors.ts';

/** Of a round. */
const RANDOM_OF = 5;
/** Two items that are more alike than this teach the same. */
const ALIKE_MOST = 0.7;

/** At most so many of the ordinals 1 to `items`, ascending: all of them, or one of each of as many equal parts, by the seed. */
export function poolOrdinals(items: number, most: number, seed: string): number[] {
  if (items <= most) return Array.from({ length: items }, (_, at) => at + 1);
  const start = startOf(seed);
  return Array.from({ length: most }, (_, part) => {
    const [from, to] = [Math.floor((part * items) / most), Math.floor(((part + 1) * items) / most)];
    return 1 + from + (mixed(part ^ start) % (to - from));
  });
}

/** Places 0 to count - 1 in an order that looks random and is the same for one seed. */
export function randomOrder(count: number, seed: string): Int32Array {
  const start = startOf(seed);
  const ranks = Float64Array.from({ length: count }, (_, place) => mixed(Math.imul(place + 1, 0x9e3779b1) ^ start));
  return Int32Array.from({ length: count }, (_, place) => place).sort(
    (a, b) => (ranks[a] as number) - (ranks[b] as number) || a - b,
  );
}

function startOf(seed: string): number {
  let start = 0x811c9dc5;
  for (let at = 0; at < seed.length; at++) start = Math.imul(start ^ seed.charCodeAt(at), 0x01000193);
  return start;
}

/** MurmurHash3's end: every bit of the number moves every bit of the hash. */
function mixed(number: number): number {
  let h = number;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The first places of the order on which every item is decided: whatever else was picked, these are a random sample of all. */
export function drawn(order: Int32Array, decided: ReadonlySet<number>): Set<number> {
  const first = new Set<number>();
  for (const place of order) {
    if (!decided.has(place)) break;
    first.add(place);
  }
  return first;
}

/**
 * Places of at most `most` items to ask about: the least known first, none like another, and then the first that are left of the random order. Where nothing was
 * learned yet, all are of that.
 * @param vectors of all items, by their places
 */
export function nextPicks(
  vectors: readonly Vector[],
  order: Int32Array,
  decided: ReadonlySet<number>,
  learned: Pick<Learned, 'chances'> | null,
  most: number,
): number[] {
  const left = Array.from(order).filter((place) => !decided.has(place));
  const hard = learned ? hardest(vectors, left, learned, most - Math.floor(most / RANDOM_OF)) : [];
  // In their order, without a gap: what is drawn is drawn whatever it is like.
  return [...new Set([...hard, ...left])].slice(0, Math.max(most, 0));
}

/** So many of the hardest are looked at for some that are unlike each other. */
const HARD_LOOKED_AT = 1_000;

function hardest(vectors: readonly Vector[], left: readonly number[], learned: Pick<Learned, 'chances'>, most: number): number[] {
  const doubt = new Map(left.map((place) => [place, doubtOf(learned.chances(vectors[place] as Vector).chances)]));
  const hard = [...left].sort((a, b) => (doubt.get(b) as number) - (doubt.get(a) as number) || a - b).slice(0, HARD_LOOKED_AT);
  const taken: number[] = [];
  const likeness: ((other: Vector) => number)[] = [];
  for (const place of hard) {
    if (taken.length >= most) break;
    const vector = vectors[place] as Vector;
    if (likeness.some((to) => to(vector) > ALIKE_MOST)) continue;
    taken.push(place);
    likeness.push(likenessTo(vector));
  }
  return taken;
}

/** 1 where the two likeliest categories are equally likely, 0 where one is certain. */
function doubtOf(chances: Float64Array): number {
  let [first, second] = [0, 0];
  for (const chance of chances) {
    if (chance > first) [first, second] = [chance, first];
    else if (chance > second) second = chance;
  }
  return 1 - (first - second);
}
