import { z } from 'zod';
import { count, id } from './values.ts';

/** What is asked for where what a batch did here is to go out. */
export const deliveryAsked = {
  to: z
    .string()
    .min(1, 'A branch needs a name.')
    .max(200, 'The name of a branch has at most 200 characters.')
    .nullish()
    .describe(
      'The branch that the commits go to: one that is made, or stands where it was read. Left out: the one that the files were read from.',
    ),
};

/** What of a batch's actions lies here and goes out together. */
export const deliveryCount = z.object({
  waiting: count.describe('Changes that no push took along.'),
  sent: count.describe('Changes that a push took along.'),
});
export type DeliveryCount = z.infer<typeof deliveryCount>;

export const delivery = z.object({
  places: z.array(
    z.object({
      connection: z.string(),
      branch: z.string().describe('That the files were read from.'),
      items: count.describe('Changes that the push takes along.'),
      push: id
        .nullable()
        .describe('The batch in which the push is approved: one for each connection. Null where nothing can be pushed.'),
      left: z
        .array(z.object({ why: z.string(), count, first: z.string().describe('The path of the first of them.') }))
        .describe('Changes that it leaves out, by reason. They wait on.'),
    }),
  ),
});
export type DeliveryView = z.infer<typeof delivery>;
