/** What a plan says where what people decided is learned from. Pure, so that the plan's page reads it as the server does. */
import { z } from 'zod';
import { EXAMPLES_MAX } from '#lib/core/limits.ts';
import { type ClassifierInPlan, categoryName } from '#lib/core/plans/plan.ts';

const taught = z.strictObject({
  dataset: z.uuid().describe('Whose items these are: a plan may go on from what was taught with another file.'),
  items: z
    .record(categoryName, z.array(z.int().min(1)).max(EXAMPLES_MAX))
    .describe('Category -> ordinals of the items that a person put there.'),
});

const schema = z
  .strictObject({
    kind: z.literal('examples'),
    taught: z.array(taught).max(10, 'A plan learns from the items of at most 10 datasets.').default([]),
    otherwise: categoryName.describe('The category of what too little is known of. It may have no action.'),
    sure: z
      .number()
      .min(0)
      .max(1)
      .default(0.6)
      .describe('From what confidence on an item goes to its likeliest category; less sure, it goes to `otherwise`.'),
    fields: z.array(z.string().min(1).max(500)).min(1).max(100).optional().describe('The fields that are read. Left out: all.'),
    learned: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe('The SHA-256 of what was learned from these examples. Written by the server; what is given is gone by.'),
  })
  .superRefine((part, context) => {
    const seen = new Set<string>();
    part.taught.forEach(({ dataset, items }, at) => {
      for (const [category, ordinals] of Object.entries(items))
        for (const ordinal of ordinals) {
          const key = `${dataset} ${ordinal}`;
          if (seen.has(key))
            context.addIssue({
              code: 'custom',
              path: ['taught', at, 'items', category],
              message: `Item ${ordinal} is there twice.`,
            });
          seen.add(key);
        }
    });
    if (seen.size > EXAMPLES_MAX)
      context.addIssue({
        code: 'custom',
        path: ['taught'],
        message: `A plan learns from at most ${EXAMPLES_MAX.toLocaleString('en-US')} items.`,
      });
  });

export type ExamplesPart = z.infer<typeof schema>;
export type Taught = ExamplesPart['taught'][number];

export const examplesInPlan: ClassifierInPlan<ExamplesPart> = {
  kind: 'examples',
  schema: schema as unknown as z.ZodType<ExamplesPart>,
  categories: ({ taught: all, otherwise }) => [
    ...all.flatMap(({ items }, at) =>
      Object.keys(items).map((category) => ({ path: ['taught', at, 'items', category], category })),
    ),
    { path: ['otherwise'], category: otherwise },
  ],
  inVersion2: () => [{ path: ['kind'], name: 'examples' }],
  // What nobody has looked at, and nothing is known of, must not be acted on.
  withoutAction: ({ otherwise }) => [{ path: ['otherwise'], category: otherwise }],
};

/** Ordinal -> category, of what was taught of this dataset. */
export function taughtOf({ taught: all }: Pick<ExamplesPart, 'taught'>, dataset: string): Map<number, string> {
  const own = all.filter((one) => one.dataset === dataset).flatMap(({ items }) => Object.entries(items));
  return new Map(own.flatMap(([category, ordinals]) => ordinals.map((ordinal) => [ordinal, category] as const)));
}

/** The part with this said of items of a dataset: a category, or null to take it back. */
export function withTaught(part: ExamplesPart, dataset: string, said: ReadonlyMap<number, string | null>): ExamplesPart {
  const now = taughtOf(part, dataset);
  for (const [ordinal, category] of said) {
    if (category === null) now.delete(ordinal);
    else now.set(ordinal, category);
  }
  const own = Map.groupBy(
    [...now].sort(([one], [other]) => one - other),
    ([, category]) => category,
  );
  const items: Taught['items'] = Object.fromEntries(
    [...own].map(([category, all]) => [category, all.map(([ordinal]) => ordinal)]),
  );
  const others = part.taught.filter((one) => one.dataset !== dataset);
  const { learned: _, ...kept } = part;
  return { ...kept, taught: now.size === 0 ? others : [...others, { dataset, items }] };
}

/** The same part after a category was given another name. */
export function renameTaught({ taught: all, otherwise, ...part }: ExamplesPart, from: string, to: string): ExamplesPart {
  const follow = (category: string) => (category === from ? to : category);
  return {
    ...part,
    otherwise: follow(otherwise),
    taught: all.map(({ dataset, items }) => ({
      dataset,
      items: Object.fromEntries(Object.entries(items).map(([category, ordinals]) => [follow(category), ordinals])),
    })),
  };
}
