/** What was done: receipts, stories, follow-up tasks and shelves, and the search for them. */
import { z } from 'zod';
import { page, paging, write } from '#lib/api/transport.ts';
import { findAsked, foundGroups } from '#lib/shapes/find.ts';
import { receiptListed } from '#lib/shapes/receipts.ts';
import { receiptInFull } from '#lib/shapes/requests.ts';
import { shelfGroup, shelfGroupsOf, shelfItem, shelfItemsOf } from '#lib/shapes/shelf.ts';
import { receiptSearch, receiptsAsked, receiptsLooked, receiptsSearched } from '#lib/shapes/stories.ts';
import { followUp, followUpsAsked, taskAssignment, tasksLooked } from '#lib/shapes/tasks.ts';
import { get, named, namedTask, post, receiptName, whole } from './parts.ts';

export const receiptPaths = {
  find: {
    all: get(
      '/find',
      'Find batches, chunks, datasets, receipts, items and people',
      'A group for each kind that the caller may see, what is exactly it first. Names are looked through for a fifth of a second, values for less than a second, the newest first: a group may be short, or empty. `looked` says how far; go on with its `next`. A new look of one caller ends their last one of the same kind, which then gives what it has.',
    )
      .input(z.strictObject(findAsked))
      .output(foundGroups),
  },
  receipts: {
    list: get(
      '/batches/{id}/receipts/rows',
      'List the receipts of a batch',
      'Each as a line in words. By chunk and number in it; with a filter or an order, by the time of their commits. A page of what is filtered may be shorter than `limit`, and empty: go on while there is a `next`.',
    )
      .input(z.strictObject({ ...named, ...paging, ...receiptsAsked }))
      .output(page(receiptListed).extend({ looked: receiptsLooked })),
    search: get(
      '/receipts/search',
      'Find items by a value of their receipts',
      'In all batches, the newest first. A page ends after a second: it may be shorter than `limit`, and empty. Go on while there is a `next`.',
    )
      .input(z.strictObject({ ...receiptSearch, ...paging }))
      .output(receiptsSearched),
    read: get('/batches/{id}/receipts/{receipt}', 'Read a receipt with what was sent and what was answered')
      .input(z.strictObject({ ...named, receipt: receiptName, whole }))
      .output(receiptInFull),
  },
  tasks: {
    list: get(
      '/tasks',
      'List the follow-up tasks that batches made, the newest first',
      'A page with `search` ends after a second: it may be shorter than `limit`, and empty. Go on while there is a `next`.',
    )
      .input(z.strictObject({ ...paging, ...followUpsAsked }))
      .output(page(followUp).extend({ looked: tasksLooked })),
    done: post(
      '/tasks/{id}/done',
      'Say that a task is done, or not done again',
      'Who said so is kept, also of what is open again.',
    )
      .input(write(namedTask, z.strictObject({ done: z.boolean() })))
      .output(followUp),
    assign: post('/tasks/{id}/assign', 'Say who does a task').input(write(namedTask, taskAssignment)).output(followUp),
  },
  shelf: {
    list: get(
      '/shelf',
      'List what is on the shelves, the newest batch first',
      'Grouped by batch, category and shelf. To restore a group, undo that category of that batch. To download it, give its shelf to `/batches/{id}/dataset`.',
    )
      .input(shelfGroupsOf.extend(paging))
      .output(page(shelfGroup)),
    items: get('/shelf/items', 'List the items that a category of a batch put on a shelf and that are still there')
      .input(shelfItemsOf.extend(paging))
      .output(page(shelfItem)),
  },
};
