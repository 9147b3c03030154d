/** Chunks at their checkpoint: what is in them, marks, corrections, decisions, requests. */
import { z } from 'zod';
import { chunkNumber, page, paging, write } from '#lib/api/transport.ts';
import { chunkChanges } from '#lib/shapes/changes.ts';
import {
  alike,
  alikeAsked,
  checkpoint,
  corrected,
  correctedHow,
  corrections,
  decided,
  decidedOn,
  decisionAnswers,
  restRefused,
  sample,
} from '#lib/shapes/checkpoints.ts';
import { chunkFilter, chunkOrder, itemSet, moveOfAll, reasons } from '#lib/shapes/chunk-items.ts';
import { chunkState, listedChunk } from '#lib/shapes/chunks.ts';
import { assigned, assignment, company, reviewed, reviewsGiven } from '#lib/shapes/evidence.ts';
import { chunkRequests, itemRequest, looked } from '#lib/shapes/requests.ts';
import { get, named, ofChunk, ofItem, post, whole } from './parts.ts';

export const chunkPaths = {
  chunks: {
    list: get(
      '/batches/{id}/chunks',
      'List the chunks of a batch',
      'Each with the digest and the revision that a decision on it is bound to. A page may be shorter than `limit`: go on while there is a `next`.',
    )
      .input(z.strictObject({ ...named, ...paging, state: chunkState.optional() }))
      .output(page(listedChunk)),
    read: get('/batches/{id}/chunks/{n}', 'Read a checkpoint', 'Counts, samples and the digest that a decision is bound to.')
      .input(z.strictObject(ofChunk))
      .output(checkpoint),
    items: get(
      '/batches/{id}/chunks/{n}/items',
      'List the items of a chunk with their classifications',
      'In the order of the file, or sorted; all that is said of them has to hold. A page of what is looked for may be short, even empty, while there is a `next`.',
    )
      .input(z.strictObject({ ...ofChunk, ...paging, ...chunkFilter, ...chunkOrder }))
      .output(page(sample)),
    count: get(
      '/batches/{id}/chunks/{n}/items/count',
      'Count the items of a chunk that match',
      'With `set`, which items these are: a move of all of them is bound to it.',
    )
      .input(z.strictObject({ ...ofChunk, ...chunkFilter }))
      .output(itemSet),
    reasons: get(
      '/batches/{id}/chunks/{n}/reasons',
      'List what decided in a chunk',
      'The reasons of its classifications, the most frequent first.',
    )
      .input(z.strictObject(ofChunk))
      .output(reasons),
    correct: post(
      '/batches/{id}/chunks/{n}/corrections',
      'Move items to other categories',
      'This raises the revision. A decision on an earlier revision is refused. It leaves a receipt for each pair of categories that items were moved between. The body is a list of items with their categories; or a query and a category, with the count and the set that the query had: all of them are moved at once, and refused as `stale` when other items match by then.',
    )
      .input(write(ofChunk, z.union([corrections, moveOfAll]), { how: correctedHow.optional() }))
      .output(corrected),
    like: post(
      '/batches/{id}/chunks/{n}/like',
      'Find what is like corrected items',
      'Other items of the category that they were moved out of, with the same value of a field, the same words, or decided by the same rule; and how many in chunks to come. It compares so many items, and says how many. Writes nothing.',
    )
      .input(write(ofChunk, alikeAsked))
      .output(alike),
    mark: post(
      '/batches/{id}/chunks/{n}/reviews',
      'Mark items as looked at',
      'A mark says that a person looked at an item, and that it is right in its category. It changes no category and no revision. Marks are taken while the chunk is in review, and after its decision without an end. A mark lapses when the item is moved to another category.',
    )
      .input(write(ofChunk, reviewsGiven))
      .output(reviewed),
    company: get(
      '/batches/{id}/chunks/{n}/company',
      'Read who else is at a checkpoint',
      'Who has it open, who claimed it, and what others moved and marked since.',
    )
      .input(
        z.strictObject({
          ...ofChunk,
          revision: chunkNumber.optional().describe('The revision that was looked at: what others moved since is told.'),
          after: z
            .string()
            .max(20)
            .optional()
            .describe('The `after` of the answer before; without it all marks are told, at most 1,000.'),
        }),
      )
      .output(company),
    claim: post(
      '/batches/{id}/chunks/{n}/claim',
      'Claim a checkpoint, or hand it back',
      'Others see who reviews the chunk. A claim forbids nothing, and ends with the decision.',
    )
      .input(write(ofChunk, z.strictObject({ mine: z.boolean() })))
      .output(company),
    decide: post(
      '/batches/{id}/chunks/{n}/decision',
      'Decide on a chunk',
      'The decision is refused as `stale` when the chunk changed after its digest was read; `changes` says what moved. With `gates.approvals` 2, two people send the same `execute`. One person can’t sign twice (`conflict`), and the person who started the batch can’t sign (`forbidden`).',
    )
      .input(write(ofChunk, z.strictObject({ ...decidedOn, ...decisionAnswers })))
      .output(decided),
    assign: post(
      '/batches/{id}/assign',
      'Say who reviews chunks of a batch',
      'Of the chunks that are in review, those that nobody has, or that you have. Others see whose they are, and they leave the lists of the others. It forbids nothing, and ends with the decision.',
    )
      .input(write(named, assignment))
      .output(assigned),
    request: get(
      '/batches/{id}/chunks/{n}/items/{ordinal}/request',
      'Read what is sent for an item',
      'While the chunk is in review it is built from the category as it is now, by the builder of the manifest; afterwards it is the frozen one.',
    )
      .input(
        z.strictObject({
          ...ofItem,
          category: z.string().optional().describe('As if the item were in this one, while it is in review.'),
          whole,
        }),
      )
      .output(itemRequest),
    look: post(
      '/batches/{id}/chunks/{n}/items/{ordinal}/request/look',
      'Look at what is there now',
      'Asks the target once, as the plan says that it is looked up. This changes nothing, and is never done by itself.',
    )
      .input(write(ofItem, z.strictObject({ category: z.string().optional() }).optional()))
      .output(looked),
    requests: get(
      '/batches/{id}/chunks/{n}/requests',
      'Read one request of each category, and in what the others differ',
      'Of a chunk in review.',
    )
      .input(z.strictObject(ofChunk))
      .output(chunkRequests),
    changes: get(
      '/batches/{id}/chunks/{n}/changes',
      'Read the files that a chunk changes, with their lines',
      'Of a chunk in review what an approval would do now; of an approved one what was approved. Only where the plan changes files.',
    )
      .input(z.strictObject({ ...ofChunk, after: z.string().optional().describe('As the page before gave it as `next`.') }))
      .output(chunkChanges),
    refuseRest: post(
      '/batches/{id}/chunks/{n}/refuse-rest',
      'Refuse the rest of an approval whose first actions are done',
      'Every chunk of the approval that is not released ends: what was not sent never is. Then the undo of what was done is made, as a batch of its own, unless `undo` is false.',
    )
      .input(write(ofChunk, z.strictObject({ undo: z.boolean().optional() }).optional()))
      .output(restRefused),
  },
};
