/** A plan in words, for whoever reads what a batch is to do, or did. Pure. */
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { Rule } from '#lib/classifiers/rules/part.ts';
import type { Chunking, Plan } from '#lib/core/plans/plan.ts';
import type { WhereCondition } from '#lib/core/values/conditions.ts';
import type { ActionWords } from '#lib/shapes/actions.ts';
import type { RuleCounts } from '#lib/shapes/plans.ts';
import { asksIn, asksWords, isDay } from './condition.ts';
import { dayWords } from './reason-words.ts';
import { percentOf } from './typed-value.ts';

/** What people call a field. */
type Label = (field: string) => string;

/** What fields are called, each by a name of its own: where two have one label, their names stand beside it. */
export function labelsApart(labels: Readonly<Record<string, string>>): Label {
  const count = new Map<string, number>();
  for (const label of Object.values(labels)) count.set(label, (count.get(label) ?? 0) + 1);
  return (field) => {
    if (!Object.hasOwn(labels, field)) return field;
    const label = labels[field] ?? field;
    return (count.get(label) ?? 0) > 1 || (label !== field && Object.hasOwn(labels, label)) ? `${label} (${field})` : label;
  };
}

/** “Last Reply is older than 90 days on 25 Oct 2026 and V.I.P. is no”; the CEL as it is where the rule was written so. */
export function ruleWords({ where, when }: Pick<Rule, 'where' | 'when'>, label: Label): string {
  if (where === undefined) return when ?? '';
  return where.map((group) => group.map((condition) => conditionWords(condition, label)).join(' and ')).join(', or ');
}

function conditionWords(condition: WhereCondition, label: Label): string {
  const asks = asksIn(condition);
  const begin = `${label(condition.field)} ${asksWords(asks)}`;
  if ('days' in condition)
    return `${begin} ${formatNoun(condition.days, 'days')} ${asks === 'within_last' ? 'up to' : 'on'} ${dayWords(condition.on)}`;
  if ('from' in condition) return `${begin} ${dayWords(condition.from)} and ${dayWords(condition.to)}`;
  const exact = 'exact' in condition && condition.exact ? ' (exactly)' : '';
  if ('values' in condition && condition.values !== undefined)
    return `${begin} ${condition.values.map(quoted).join(', ')}${exact}`;
  if (!('value' in condition) || condition.value === undefined) return begin;
  const { value } = condition;
  return `${begin} ${isDay(value) && (asks === 'on' || asks === 'before' || asks === 'after') ? dayWords(value) : asks in AS_NUMBER ? value : quoted(value)}${exact}`;
}

const AS_NUMBER = { equals: 1, not_equals: 1, over: 1, at_least: 1, under: 1, at_most: 1 };

function quoted(text: string): string {
  return `“${text}”`;
}

/** What the counts of the rules are of, and what nobody knows of, a sentence each. */
export function countsTold({ upTo, others, unknown }: Pick<RuleCounts, 'upTo' | 'others' | 'unknown'>, noun: string): string[] {
  if (upTo === 0) return [`No ${noun} are classified yet.`];
  return [
    `Counts are of the ${formatNoun(upTo, noun)} classified so far.`,
    ...(others === 0
      ? []
      : [`${formatNoun(others, noun)} ${isAre(others)} classified by rules that were changed or removed since.`]),
    ...(unknown === 0 ? [] : [`Of ${formatNoun(unknown, noun)} it is not known which rule classified them.`]),
  ];
}

function isAre(count: number): string {
  return count === 1 ? 'is' : 'are';
}

/** What is done with the items of a category. */
export function actionTold(action: ActionWords | null): string {
  if (action === null) return 'Nothing is done with them.';
  return `${action.will.charAt(0).toUpperCase()}${action.will.slice(1)}.`;
}

/** How its items are put into chunks, a sentence each. */
export function chunksTold(
  { chunking, chunkEdits, timeZone }: Pick<Plan, 'chunking' | 'chunkEdits' | 'timeZone'>,
  label: Label,
): string[] {
  const { minItems, maxItems } = chunking;
  return [
    chunkedBy(chunking, label, timeZone),
    ...(minItems === null ? [] : [`A chunk of fewer than ${formatCount(minItems)} is joined with its neighbour.`]),
    ...(maxItems === null || chunking.by === 'size' ? [] : [`One of more than ${formatCount(maxItems)} is split.`]),
    ...(chunkEdits.length === 0 ? [] : [`Then ${formatNoun(chunkEdits.length, 'changes')} by hand.`]),
  ];
}

function chunkedBy(chunking: Chunking, label: Label, timeZone: string | undefined): string {
  if (chunking.by === 'time') {
    const zone = chunking.timeZone === timeZone ? '' : `, in the time zone ${chunking.timeZone}`;
    return `One for each ${chunking.every} of ${label(chunking.field)}${zone}.`;
  }
  if (chunking.by === 'category')
    return `One for each ${chunking.of === 'domain' ? 'domain in' : 'value of'} ${label(chunking.field)}.`;
  return `${formatCount(chunking.maxItems)} items each, in the order of the file.`;
}

/** Which items wait for which, a sentence each; none where all go by themselves. */
export function independenceTold({ independence: { resource, dependsOn } }: Pick<Plan, 'independence'>, label: Label): string[] {
  return [
    ...(resource.length === 0 ? [] : [`Items with the same ${resource.map(label).join(' and ')} run one after the other.`]),
    ...(dependsOn === null ? [] : [`An item waits for the one that its ${label(dependsOn)} names.`]),
  ];
}

const NEXT: Readonly<Record<NonNullable<Plan['gates']['next']>, string>> = {
  each: 'Chunks are classified one after the other, each after the review of the one before it.',
  pilot: 'One chunk is classified first, as a pilot; all others follow once it was reviewed.',
  parallel: 'All chunks are classified at once.',
};

/** What has to happen before an action runs, a sentence each. */
export function gatesTold({ gates, deadline }: Pick<Plan, 'gates' | 'deadline'>): string[] {
  const { next, approvals, keysMaySign, stepUp, evidence } = gates;
  return [
    ...(next === null ? [] : [NEXT[next]]),
    approvals === 2
      ? `Two people sign each chunk before an action of it runs, neither of them the one who started the batch.${keysMaySign ? ' API keys may sign.' : ''}`
      : 'One person approves each chunk before an action of it runs.',
    ...(stepUp ? ['Whoever approves, releases or answers proves with a second factor who they are.'] : []),
    evidence === null
      ? 'No proof by looks is asked for.'
      : `Looks at random items must prove, with 95 % confidence, that at most ${percentOf(evidence.atMost)} % of each acting category is wrong, over ${evidence.over === 'batch' ? 'the whole batch' : 'each chunk'}.`,
    ...(deadline === undefined
      ? []
      : [
          `A question that waits for ${formatNoun(deadline.hours, 'hours')} is told to ${deadline.escalateTo ? `${deadline.escalateTo} too` : 'one person more'}.`,
        ]),
  ];
}

/** How fast, how many first, and when it stops by itself, a sentence each. */
export function limitsTold({ execution }: Pick<Plan, 'execution'>): string[] {
  const { first, concurrency, ratePerSecond, haltAfter, retry } = execution;
  return [
    first === 0
      ? 'What is approved runs at once.'
      : `Of each approval ${formatCount(first)} run first; a person then releases the rest.`,
    `A chunk sends at most ${formatCount(concurrency)} requests at a time${ratePerSecond === null ? '' : `, the whole batch at most ${rateText(ratePerSecond)} a second`}.`,
    retry.attempts === 1
      ? 'A request is tried once.'
      : `A request is tried up to ${formatCount(retry.attempts)} times where the target is busy or away.`,
    `A chunk halts after ${formatNoun(haltAfter.consecutive, 'failures')} in a row, or when ${percentOf(haltAfter.share)} % of its outcomes are failures.`,
  ];
}

/** A rate as it was written: 0.5 is not rounded. */
export function rateText(perSecond: number): string {
  return perSecond.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
