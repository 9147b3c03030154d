/** What a plan says where a model classifies. Pure, so that the plan's page reads it as the server does. */
import { z } from 'zod';
import { MODEL_ITEMS_DEFAULT, MODEL_ITEMS_MAX, MODEL_SPEND_MAX } from '#lib/core/limits.ts';
import { type ClassifierInPlan, categoryName } from '#lib/core/plans/plan.ts';

const AT_MOST = `What it may cost is a number above 0 and up to ${MODEL_SPEND_MAX.toLocaleString('en-US')}, in the currency of the connection’s prices.`;
const TOGETHER = `Items in one call are a whole number from 1 to ${MODEL_ITEMS_MAX}.`;

const schema = z.strictObject({
  kind: z.literal('model'),
  connection: z
    .string()
    .min(1, 'Choose the connection that leads to the model.')
    .max(100)
    .describe('The name of a connection of the connector “model”.'),
  otherwise: categoryName.describe(
    'The category of what the model can’t tell, or gives no usable answer for. It has confidence 0, and is the first to be looked at.',
  ),
  atMost: z
    .number(AT_MOST)
    .gt(0, AT_MOST)
    .max(MODEL_SPEND_MAX, AT_MOST)
    .describe(
      'What the whole batch may cost, in the currency of the connection’s prices. It is never passed: its chunks halt there.',
    ),
  together: z
    .int(TOGETHER)
    .min(1, TOGETHER)
    .max(MODEL_ITEMS_MAX, TOGETHER)
    .default(MODEL_ITEMS_DEFAULT)
    .describe('Items in one call, at most. Fewer cost more, and are often told better.'),
});

export type ModelPart = z.infer<typeof schema>;

export const modelInPlan: ClassifierInPlan<ModelPart> = {
  kind: 'model',
  schema,
  byInstruction: true,
  categories: ({ otherwise }) => [{ path: ['otherwise'], category: otherwise }],
  inVersion2: () => [{ path: ['kind'], name: 'model' }],
  asksOver: ({ connection }) => ({ connector: 'model', connection, path: ['connection'] }),
};
