/** The revisions of a batch's rules, in words. Pure. */
import type { Rule } from '#lib/classifiers/rules/part.ts';
import type { PlanRevisionTold } from '#lib/shapes/plans.ts';

type RulesOf = Pick<PlanRevisionTold, 'plan'>;

/** What a revision changed of the one before it: "2 rules added, 1 taken away". Null: what was before it is not at hand. */
export function revisionWords(revision: RulesOf, before: RulesOf | null): string {
  if (before === null) return 'rules changed';
  const [now, then] = [revision, before].map((one) => rulesOf(one).map((rule) => JSON.stringify(rule))) as [string[], string[]];
  const [added, gone] = [now.filter((rule) => !then.includes(rule)), then.filter((rule) => !now.includes(rule))];
  const moved = added.length === 0 && gone.length === 0 && now.join() !== then.join();
  const others = (['otherwise', 'taught'] as const).filter(
    (name) => JSON.stringify(partOf(revision, name)) !== JSON.stringify(partOf(before, name)),
  );
  const parts = [
    ...(added.length > 0 ? [`${rulesWord(added.length)} added`] : []),
    ...(gone.length > 0 ? [`${rulesWord(gone.length)} taken away`] : []),
    ...(moved ? ['rules in another order'] : []),
    ...(others.includes('otherwise') ? ['another category for everything else'] : []),
    ...(others.includes('taught') ? ['other examples'] : []),
    ...(revision.plan.instruction !== before.plan.instruction ? ['another instruction'] : []),
  ];
  return parts.join(', ') || 'nothing changed';
}

const rulesWord = (count: number): string => (count === 1 ? '1 rule' : `${count} rules`);

function partOf({ plan }: RulesOf, name: string): unknown {
  return (plan.classifier as Record<string, unknown>)[name];
}

/** The rules of a plan whose classifier has some. */
export function rulesOf({ plan }: Pick<PlanRevisionTold, 'plan'>): Rule[] {
  const { rules } = plan.classifier as { rules?: unknown };
  return Array.isArray(rules) ? (rules as Rule[]) : [];
}
