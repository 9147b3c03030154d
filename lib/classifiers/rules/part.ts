/** What a plan says of rules. Pure, so that the rules' editor in the browser reads them as the server does. */
import { z } from 'zod';
import { RULES_MAX, TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import { type ClassifierInPlan, categoryName } from '#lib/core/plans/plan.ts';
import { where } from '#lib/core/values/conditions.ts';

const rule = z
  .strictObject({
    when: z
      .string()
      .min(1, 'A rule needs a condition.')
      .max(TEMPLATE_CHARS_MAX)
      .optional()
      .describe('A condition in CEL over `item`. A rule has this or `where`.'),
    where: where.optional(),
    category: categoryName,
    why: z.string().max(500).default(''),
    confidence: z.number().min(0).max(1).default(0.9),
  })
  .superRefine((one, context) => {
    if ((one.when === undefined) !== (one.where === undefined)) return;
    const message =
      one.when === undefined ? 'A rule needs a condition: `when` or `where`.' : 'A rule has `when` or `where`, not both.';
    context.addIssue({ code: 'custom', path: ['when'], message });
  });

const schema = z.strictObject({
  kind: z.literal('rules'),
  rules: z.array(rule).max(RULES_MAX, `A plan has at most ${RULES_MAX} rules.`).default([]),
  otherwise: categoryName,
});

export type RulesPart = z.infer<typeof schema>;
export type Rule = RulesPart['rules'][number];

export const rulesInPlan: ClassifierInPlan<RulesPart> = {
  kind: 'rules',
  schema,
  categories: ({ rules, otherwise }) => [
    ...rules.map(({ category }, index) => ({ path: ['rules', index, 'category'], category })),
    { path: ['otherwise'], category: otherwise },
  ],
  inVersion2: ({ rules }) =>
    rules.flatMap((one, index) => (one.where === undefined ? [] : [{ path: ['rules', index, 'where'], name: 'where' }])),
};

/** The same rules after a category was given another name. */
export function renameCategory({ rules, otherwise, ...part }: RulesPart, from: string, to: string): RulesPart {
  const follow = (category: string) => (category === from ? to : category);
  return {
    ...part,
    otherwise: follow(otherwise),
    rules: rules.map((one) => ({ ...one, category: follow(one.category) })),
  };
}

/** Everything into one category: the classifier of a plan that classifies nothing. `why` stands beside each item. */
export function allInto(category: string, why?: string): RulesPart {
  return { kind: 'rules', rules: why === undefined ? [] : [{ when: 'true', category, why, confidence: 1 }], otherwise: category };
}
