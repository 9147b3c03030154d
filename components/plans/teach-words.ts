/** What a person who teaches a plan is told of how far it has come. */
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { TeachRoundTold } from '#lib/shapes/plans.ts';

/** Fewer items that were drawn at random say too little. */
const TOLD_FROM = 10;

/** How right it is, and what it would do with the rest, a sentence each. */
export function teachWords(
  { right, taught, least, rest, categories }: TeachRoundTold,
  noun: string,
  otherwise: string,
): string[] {
  if (right === null)
    return [
      taught === 0
        ? `Nothing was taught yet. It learns from ${least} decisions on, of two categories at least.`
        : `${formatCount(taught)} taught. It learns from ${least} decisions on, of two categories at least.`,
    ];
  const goes = categories.filter(({ items }) => items > 0).map(({ name, items }) => `${formatCount(items)} to ${name}`);
  if (rest.unsure > 0) goes.push(`${formatCount(rest.unsure)} to ${otherwise}, for it is not sure of them`);
  return [
    right.of < TOLD_FROM
      ? `${formatCount(taught)} taught. Too few of them were drawn at random to say how right it is.`
      : `${formatCount(taught)} taught. Of ${formatCount(right.of)} drawn at random it had ${formatCount(right.right)} right before it was told: between ${percent(right.least)} and ${percent(right.most)} of all, with 95 % confidence.`,
    `Of ${rest.exact ? 'the other' : 'a sample of'} ${formatNoun(rest.items, noun)} it would put ${goes.join(', ')}.`,
  ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
