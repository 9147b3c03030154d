/** What the looks at a category prove, in numbers for people, and whether that is what a plan asks for. */
import { type Looks, leastAtMost, looksUntil, most } from './bound.ts';

/** Shares of wrong items that it is told for how many more looks prove them. */
const SHARES_TOLD: readonly number[] = [0.01, 0.02, 0.05];

/** The bound, and how many more looks prove each share of the whole population. `demanded` is told beside the usual shares. */
export function boundOf(looks: Looks & { filed: number }, demanded: number | null) {
  const shares = demanded === null ? SHARES_TOLD : [...SHARES_TOLD, demanded];
  return {
    ...{
      population: looks.population,
      looks: looks.looks,
      wrong: looks.wrongAt.length,
      filed: looks.filed,
      atMost: leastAtMost(looks),
    },
    looksFor: Object.fromEntries<number | null>(
      shares.map((share) => [String(share), looksUntil(looks, most(looks.population, share))]),
    ),
  };
}

/** `rest`: the population without what looks found wrong; `may`: how many of the rest may be wrong; `allowed`: how many the plan lets be. */
export type Judged = { met: boolean; more: number; rest: number; may: number; allowed: number };

/**
 * A demand is about what would be carried out: what looks found wrong was put right, so that at most `atMost` less these of the rest are wrong. With nothing found
 * wrong it is the share of the whole population. To look at every item meets any demand.
 */
export function judge(looks: Looks, share: number): Judged {
  return judgePart(looks, { population: looks.population, wrong: looks.wrongAt.length }, share);
}

/**
 * The same of a part that somebody chose when the looks were known. Of the part by itself its looks prove nothing then: what is known is that at most so many of the
 * whole are wrong, and all of them may be in the part. So the whole's bound is held against the part's share.
 */
export function judgePart(looks: Looks, part: { population: number; wrong: number }, share: number): Judged {
  const wrong = looks.wrongAt.length;
  const rest = part.population - part.wrong;
  const allowed = most(rest, share);
  const may = leastAtMost(looks) - wrong;
  // Not null: what is allowed comes on top of what was found.
  const more = looksUntil(looks, wrong + allowed) ?? 0;
  return { met: may <= allowed, more, rest, may, allowed };
}

/** “archive: looked at 140, 0 wrong: at most 52 of 1,902 may be wrong, and the plan asks for at most 38. 51 more looks, if none is wrong, are enough.” */
export function unmetWords(
  category: string,
  { population, looks, wrongAt }: Looks,
  { may, allowed, more }: Judged,
  asker = 'the plan',
): string {
  const found = wrongAt.length;
  const [at, wrong, left, of, asked] = [looks, found, may, population - found, allowed].map((count) =>
    count.toLocaleString('en-US'),
  );
  const others = wrongAt.length > 0 ? `the other ${of}` : of;
  const enough =
    more === 1
      ? '1 more look, if it is not wrong, is enough.'
      : `${more.toLocaleString('en-US')} more looks, if none is wrong, are enough.`;
  return `${category}: looked at ${at}, ${wrong} wrong: at most ${left} of ${others} may be wrong, and ${asker} asks for at most ${asked}. ${enough}`;
}
