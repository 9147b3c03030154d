/** What an action sends, or puts where, in full: before the decision as it would be frozen, and afterwards as it is (docs/requests.md). */
import { z } from 'zod';
import { actionWords } from './actions.ts';
import { receiptRow } from './receipts.ts';
import { count, sha256 } from './values.ts';

/** A text of the request, exactly as it is; a long one is shown by its beginning. */
const shownText = z.object({
  text: z.string(),
  bytes: count.describe('Of the whole, as UTF-8.'),
  cut: z.boolean().describe('Only the beginning is shown.'),
});
export type ShownText = z.infer<typeof shownText>;

const sentHeader = z.object({
  name: z.string(),
  value: z.string().nullable().describe('Null where it is made when it is sent.'),
  note: z.string().nullable(),
});
export type SentHeader = z.infer<typeof sentHeader>;

const describedRequest = z
  .discriminatedUnion('form', [
    z.object({
      form: z.literal('message').describe('Something that is sent to somebody else.'),
      method: z.string(),
      address: z.string(),
      headers: z.array(sentHeader),
      body: shownText
        .extend({ pretty: z.string().nullable().describe('The same, laid out, where it is JSON and whole.') })
        .nullable(),
      done: z.string().nullable().describe('What the plan counts as done.'),
    }),
    z.object({ form: z.literal('text').describe('A text for a person.'), does: z.string(), title: z.string(), text: shownText }),
    z.object({
      form: z.literal('statement').describe('A change in a database of somebody else.'),
      does: z.string(),
      to: z.string().describe('Which database, and as whom.'),
      statement: shownText,
      parameters: z.array(z.string().nullable()).describe('The values of $1, $2 and so on; null is NULL.'),
    }),
    z.object({
      form: z.literal('place').describe('Something that is moved inside Countersign.'),
      does: z.string(),
      place: z.string(),
    }),
    z.object({ form: z.literal('nothing').describe('Nothing leaves, and nothing changes.') }),
    z.object({ form: z.literal('bytes').describe('A request that this version can’t read.'), text: shownText }),
  ])
  .describe('What of a request a person can look at. It holds no secret: a secret is named by its id.');
export type DescribedRequest = z.infer<typeof describedRequest>;

/** What the item's action is, and its request. */
export const itemRequest = z.object({
  ordinal: z.int(),
  category: z.string(),
  approved: z
    .boolean()
    .describe('It is frozen: what was approved is what is sent. Else it is built from the category as it is now.'),
  action: actionWords.nullable().describe('Null where the category has no action: nothing is sent.'),
  digest: sha256.nullable().describe('Of the frozen bytes; null where there are none.'),
  request: describedRequest.nullable(),
  problem: z.string().nullable().describe("Why it can't be built."),
  canLook: z.boolean().describe('Whether what is there now can be asked.'),
});
export type ItemRequest = z.infer<typeof itemRequest>;

const difference = z.object({
  at: z.string().describe('A JSON pointer (RFC 6901).'),
  now: z.string().nullable().describe('As JSON; null where it is not there.'),
  will: z.string().describe('As JSON.'),
});
export type Difference = z.infer<typeof difference>;

/** What is there now. */
export const looked = z.discriminatedUnion('says', [
  z.object({
    says: z.literal('answer'),
    status: z.string(),
    about: z.array(z.string()),
    body: z.string().describe('Its first 4 KiB.'),
    differs: z
      .array(difference)
      .nullable()
      .describe(
        'The members of the body to be sent that the answer has otherwise; null where the two can’t be compared as JSON.',
      ),
  }),
  z.object({ says: z.literal('words'), text: z.string() }),
  z.object({ says: z.literal('cannot'), why: z.string() }),
]);
export type Looked = z.infer<typeof looked>;

/** One real request of each category that acts, and in what the others differ. */
export const chunkRequests = z.object({
  requests: z.array(
    itemRequest.extend({
      others: count.describe('How many more items of the chunk are in the category, as far as they were counted.'),
      differ: z
        .array(z.string())
        .nullable()
        .describe(
          'The fields in its templates that are not the same in all items that were compared; null where any may differ.',
        ),
      compared: count.describe('With how many of the others it was compared.'),
    }),
  ),
});
export type ChunkRequests = z.infer<typeof chunkRequests>;

/** A receipt with what was sent and what came back. */
export const receiptInFull = receiptRow.extend({
  request: describedRequest.nullable().describe('Null for what is no step of an action, and for whoever may not see items.'),
  requestDigest: sha256.nullable().describe('Of the frozen bytes.'),
  withheld: z.boolean().describe('Your role sees the receipt fields only: request and answer are not given to it.'),
});
export type ReceiptInFull = z.infer<typeof receiptInFull>;
