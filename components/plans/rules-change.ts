/** What a page needs to change the rules of a batch that runs, and what it says of it. */
import { queryOptions } from '@tanstack/react-query';
import { api, queries } from '#components/api-client.ts';
import { fieldWords } from '#components/datasets/reading-words.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { Rule } from '#lib/classifiers/rules/part.ts';
import { meaningOf, TEXT } from '#lib/core/values/meaning.ts';
import type { PlanRevisionTold, RulesDifference } from '#lib/shapes/plans.ts';
import type { FieldProfile } from './plan-preview.ts';
import { rulesOf } from './revision-words.ts';

/** The latest rules of a batch, and the fields that they can ask for. */
export type RulesNow = { revision: PlanRevisionTold; datasetId: string; noun: string; fields: FieldProfile[] };

/** Read when it is asked for, and not kept: whoever changes rules changes the latest ones. */
export function rulesNowOptions(batchId: string) {
  return queryOptions({
    queryKey: [...queries.batches.revisions.queryKey({ input: { id: batchId } }), 'now'],
    queryFn: async (): Promise<RulesNow> => {
      const [{ items }, { datasetId, noun }] = await Promise.all([
        api.batches.revisions({ id: batchId, limit: 1 }),
        api.batches.read({ id: batchId }),
      ]);
      const [{ fields }, reading] = await Promise.all([
        api.datasets.read({ id: datasetId }),
        api.datasets.reading({ id: datasetId }).catch(() => ({ fields: [] })),
      ]);
      const profiles = fields.map((field) => {
        const guess = reading.fields.find(({ name }) => name === field.name);
        return { ...field, meaning: guess ? meaningOf(guess) : TEXT, means: guess ? fieldWords(guess) : 'text' };
      });
      return { revision: items[0] as PlanRevisionTold, datasetId, noun, fields: profiles as FieldProfile[] };
    },
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
    retry: false,
  });
}

/** "4 mails: archive → keep", the most frequent first. */
export function moveWords(
  { from, to, count }: Pick<RulesDifference['moves'][number], 'from' | 'to' | 'count'>,
  noun: string,
): string {
  return `${formatNoun(count, noun)}: ${from} → ${to}`;
}

/** What happens if it is confirmed, a sentence each. */
export function changeWords(difference: RulesDifference, again: readonly number[], noun: string): string[] {
  const { toCome, chunks } = difference;
  const kept = chunks.filter(({ number }) => again.includes(number)).reduce((sum, { corrected }) => sum + corrected, 0);
  const items = chunks.filter(({ number }) => again.includes(number)).reduce((sum, one) => sum + one.items, 0);
  return [
    again.length === 0
      ? 'No chunk that was classified is classified again.'
      : `${formatNoun(again.length, 'chunks')} with ${formatNoun(items, noun)} ${again.length === 1 ? 'is' : 'are'} classified again and ${again.length === 1 ? 'comes' : 'come'} back for review.`,
    toCome.chunks === 0
      ? 'No chunk is to come.'
      : `${formatNoun(toCome.chunks, 'chunks')} to come, with ${formatNoun(toCome.items, noun)}, ${toCome.chunks === 1 ? 'takes' : 'take'} these rules.`,
    kept === 0 ? 'People’s corrections stay.' : `People’s corrections stay: ${formatCount(kept)} in these chunks.`,
    'Nothing is sent. What was signed or approved stays as it is.',
  ];
}

/** What is asked of the latest rules before a person sees them: one is put first, one is left out, or one is to be edited. A rule is named by itself: others may have moved it. */
export type RulesAsked = { first?: Rule; without?: Rule; at?: Rule };

/** Rules as they were asked for: the same one is not there twice. `at`: the place of the one to be edited. `gone`: the one that was named is not there any more. */
export function rulesAsked(
  rules: readonly Rule[],
  { first, without, at }: RulesAsked,
): { rules: Rule[]; at: number | null; gone: boolean } {
  const named = without ?? at;
  const place = named === undefined ? -1 : rules.findIndex((one) => isSame(one, named));
  const kept = without === undefined ? rules : rules.filter((_, index) => index !== place);
  return {
    rules: first ? [first, ...kept.filter((one) => !isSame(one, first))] : [...kept],
    at: at === undefined || place < 0 ? null : place,
    gone: named !== undefined && place < 0,
  };
}

function isSame(one: Rule, other: Rule): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export type TaughtRule = {
  rule: Rule;
  by: string;
  at: string;
  note: string | null;
  from: { chunk: number; ordinal: number } | null;
};

/** The rules that were not there at the start, in their order, each with the first revision that had it. `revisions` come the latest first, all of them. */
export function taughtRules(
  revisions: readonly Pick<PlanRevisionTold, 'revision' | 'plan' | 'by' | 'at' | 'note' | 'from'>[],
): TaughtRule[] {
  const [latest] = revisions;
  const oldest = revisions.at(-1);
  if (!latest || !oldest) return [];
  const atStart = new Set(rulesOf(oldest).map((rule) => JSON.stringify(rule)));
  return rulesOf(latest).flatMap((rule): TaughtRule[] => {
    if (atStart.has(JSON.stringify(rule))) return [];
    const first = revisions.findLast((one) => rulesOf(one).some((other) => isSame(other, rule))) ?? latest;
    return [{ rule, by: first.by, at: first.at, note: first.note, from: first.from }];
  });
}
