/** What marks prove, in words: a bound that holds whenever the person stops looking. Of lines that were only on the screen nothing is said here. Pure. */
import { formatCount } from '#components/ui/format.ts';
import type { Bound, CheckpointEvidence, Demand } from '#lib/shapes/evidence.ts';

/** The share that is asked about where no plan demands one. */
const SHARE = '0.02';

/**
 * "2 %" of 0.02; no more digits than it has.
 */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** The lines below a category: what was looked at, what it proves, what is missing; empty where the category has no items. */
export function boundLines(bound: Bound, share = SHARE): string[] {
  const { population, looks, wrong, filed, atMost } = bound;
  if (population === 0) return [];
  // Where all that was looked at had been left unsure, what is left was left so too: nobody claims that it belongs there.
  if (looks > 0 && looks === filed) return [`${formatCount(filed)} filed from here`];
  const further = furtherWords(bound, share);
  if (looks === 0) return ['no random look yet', ...(further ? [further] : [])];
  // Those that were found are put right: what is left to fear is in the rest.
  const most =
    wrong > 0
      ? `at most ${formatCount(atMost - wrong)} of the rest wrong`
      : `at most ${formatCount(atMost)} of ${formatCount(population)} wrong`;
  return [`looked at ${lookedWords(bound)}`, most, ...(further ? [further] : [])];
}

/** The same as a sentence. */
export function boundSentence(bound: Bound, share = SHARE): string {
  const { population, wrong, atMost } = bound;
  const further = furtherWords(bound, share);
  const is = atMost === 1 ? 'is' : 'are';
  return [
    `Looked at ${lookedWords(bound)}:`,
    `with 95 % confidence at most ${formatCount(atMost)} of these ${formatCount(population)} ${is} wrong`,
    wrong > 0 ? `(at most ${formatCount(atMost - wrong)} of the rest)` : '',
  ]
    .filter(Boolean)
    .join(' ')
    .concat(further ? `; ${further}.` : '.');
}

/** "140, 2 wrong, 3 filed": what was left unsure and filed did not belong there, and was nobody's error. */
function lookedWords({ looks, wrong, filed }: Bound): string {
  return [formatCount(looks), `${formatCount(wrong - filed)} wrong`, ...(filed > 0 ? [`${formatCount(filed)} filed`] : [])].join(
    ', ',
  );
}

/** "51 more looks for 2 %"; null where nothing is to be said of that share. */
function furtherWords({ looks, looksFor }: Bound, share: string): string | null {
  const more = looksFor[share];
  if (more === undefined) return null;
  if (more === null) return `${percent(Number(share))} can’t be proven`;
  if (more === 0) return `${percent(Number(share))} is proven`;
  return `${formatCount(more)} ${looks === 0 ? '' : 'more '}${more === 1 ? 'look' : 'looks'} for ${percent(Number(share))}`;
}

/** What stands in the way of an approval, a sentence each. */
export function lackingOf({ demands, unmarked }: Pick<CheckpointEvidence, 'demands' | 'unmarked'>): string[] {
  const unmet = demands.filter(({ met }) => !met);
  const named = new Set(unmet.map(({ category }) => category));
  return [
    ...unmet.map(demandWords),
    ...unmarked.filter((name) => !named.has(name)).map((name) => `Nobody marked an item of ${name}.`),
  ];
}

function demandWords({ category, over, demanded, looks }: Demand): string {
  const goal = `at most ${percent(demanded)} wrong${over === 'batch' ? ' in the batch' : ''}`;
  if (looks === null) return `${category}: the plan demands ${goal}, and with what was found wrong looks can’t prove it.`;
  return `${category}: ${formatCount(looks)} more ${looks === 1 ? 'look' : 'looks'} for ${goal}, as the plan demands.`;
}
