/** How many items each rule takes, while somebody edits them: quick, and never an error for a rule that is half typed. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { makeClassifier, objectionsTo } from '#lib/classifiers/registry.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { type Plan, parsePlan } from '#lib/core/plans/plan.ts';
import type { Preview } from '#lib/shapes/plans.ts';
import { countAnswers } from './count-answers.ts';
import { datasetToPlan, readInput } from './plan-dataset.ts';

const input = z.strictObject({ datasetId: z.uuid(), classifier: z.json() });

/** As the preview counts them, of `items`; or why they can't be counted. */
export type RuleCounts = (Omit<Preview['sort'], 'categories'> & { items: number; problems: [] }) | { problems: Problem[] };

/**
 * Counts the classifier's rules on a dataset. Rules that do not compile, would be answered wrong, or fail on an item, come back as problems with their
 * places (`classifier.rules.1.when`, line, column). Throws `forbidden`, `not_found`, and `conflict` when the dataset failed.
 */
export async function countRules(actor: Actor, value: unknown): Promise<RuleCounts> {
  authorise(actor, 'plan');
  const { datasetId, classifier } = readInput(input, value);
  const dataset = await datasetToPlan(datasetId);
  try {
    const plan = planAround(classifier);
    const rules = new Array<number>(plan.classifier.rules.length).fill(0);
    let otherwise = 0;
    const made = makeClassifier(
      plan,
      dataset.fields.map(({ name }) => name),
    );
    const problems = objectionsTo(plan, dataset.fields);
    if (problems.length > 0) return { problems };
    const counts = await countAnswers(dataset, made, null, ({ part }) => {
      if (part === undefined) otherwise++;
      else rules[part] = (rules[part] ?? 0) + 1;
    });
    const { exact, counted, items, scale } = counts;
    return { rules: rules.map(scale), otherwise: scale(otherwise), items, exact, counted, problems: [] };
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== 'invalid') throw error;
    return { problems: error.problems };
  }
}

/** A plan of nothing but this classifier and the categories it names: their actions do not matter here. */
function planAround(classifier: unknown): Plan {
  const { rules, otherwise } = z
    .looseObject({ rules: z.array(z.looseObject({ category: z.string().catch('') })).catch([]), otherwise: z.string().catch('') })
    .catch({ rules: [], otherwise: '' })
    .parse(classifier);
  const names = new Set([...rules.map(({ category }) => category), otherwise].filter((name) => name !== ''));
  return parsePlan({ classifier, categories: [...names].map((name) => ({ name })), chunking: { by: 'size' } });
}
