/** What a plan says where people classify. Pure, so that the plan's page reads it as the server does. */
import { z } from 'zod';
import { type ClassifierInPlan, categoryName } from '#lib/core/plans/plan.ts';

const schema = z.strictObject({
  kind: z.literal('manual'),
  otherwise: categoryName.describe('The category that every item is in until a person files it. It may have no action.'),
});

export type ManualPart = z.infer<typeof schema>;

export const manualInPlan: ClassifierInPlan<ManualPart> = {
  kind: 'manual',
  schema,
  categories: ({ otherwise }) => [{ path: ['otherwise'], category: otherwise }],
  inVersion2: () => [{ path: ['kind'], name: 'manual' }],
  // What nobody has looked at must not be acted on.
  withoutAction: ({ otherwise }) => [{ path: ['otherwise'], category: otherwise }],
};
