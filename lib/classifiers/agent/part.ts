/** What a plan says where agents classify. Pure, so that the plan's page reads it as the server does. */
import { z } from 'zod';
import { type ClassifierInPlan, categoryName, type Plan } from '#lib/core/plans/plan.ts';

const schema = z.strictObject({
  kind: z.literal('agent'),
  otherwise: categoryName.describe(
    'The category of what an agent could not tell. It has confidence 0, and is the first to be looked at.',
  ),
});

export type AgentPart = z.infer<typeof schema>;

export const agentInPlan: ClassifierInPlan<AgentPart> = {
  kind: 'agent',
  schema,
  byInstruction: true,
  categories: ({ otherwise }) => [{ path: ['otherwise'], category: otherwise }],
  inVersion2: () => [{ path: ['kind'], name: 'agent' }],
};

/** The category of what an agent could not tell. Throws where the plan is for no agents. */
export function otherwiseOf({ classifier }: Pick<Plan, 'classifier'>): string {
  return schema.parse(classifier).otherwise;
}
