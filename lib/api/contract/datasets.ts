/** Files that were uploaded, how they were read, and their items. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { itemOrdinal, nothing, page, paging, write } from '#lib/api/transport.ts';
import { dataset, item, itemOpened, itemOriginal, itemsAsked, itemsFound, unreadableRow } from '#lib/shapes/datasets.ts';
import { teachAsked, teachRound } from '#lib/shapes/plans.ts';
import { reading, readingChange, readingPreview, sourceLines } from '#lib/shapes/readings.ts';
import { count, id } from '#lib/shapes/values.ts';
import { get, namedDataset, post } from './parts.ts';

export const datasetPaths = {
  datasets: {
    list: get('/datasets', 'List datasets, the newest first').input(z.strictObject(paging)).output(page(dataset)),
    read: get('/datasets/{id}', 'Read a dataset').input(z.strictObject(namedDataset)).output(dataset),
    items: get('/datasets/{id}/items', 'List the items of a dataset')
      .input(z.strictObject({ ...namedDataset, ...paging, ...itemsAsked }))
      .output(page(item).extend(itemsFound)),
    item: get('/datasets/{id}/items/{ordinal}', 'Read an item with its original bytes')
      .input(z.strictObject({ ...namedDataset, ordinal: itemOrdinal }))
      .output(itemOriginal),
    opened: get(
      '/datasets/{id}/items/{ordinal}/opened',
      'Read an item taken apart',
      'Of a mail its headers, its HTML without anything that runs, fetches or leads anywhere, and its attachments by name; of a JSON file its JSON.',
    )
      .input(z.strictObject({ ...namedDataset, ordinal: itemOrdinal }))
      .output(itemOpened),
    lines: get('/datasets/{id}/lines', 'Read lines of the file of a dataset')
      .input(
        z.strictObject({ ...namedDataset, lines: z.string().max(500).describe('Their numbers, from 1, with commas: “1,2,17”.') }),
      )
      .output(sourceLines),
    unreadable: get('/datasets/{id}/unreadable', 'List the rows that could not be read')
      .input(z.strictObject({ ...namedDataset, ...paging }))
      .output(page(unreadableRow)),
    rename: oc
      .route({ method: 'PATCH', path: '/datasets/{id}', summary: 'Rename a dataset', inputStructure: 'detailed' })
      .input(write(namedDataset, z.strictObject({ name: z.string() })))
      .output(dataset),
    delete: oc
      .route({
        ...{ method: 'DELETE', path: '/datasets/{id}', summary: 'Delete a dataset', inputStructure: 'detailed' },
        description:
          'It is not listed any more. Without a batch its items, its readings and, unless another dataset has it too, its original are removed. With one they are kept, for receipts name them.',
      })
      .input(write(namedDataset, nothing))
      .output(z.object({ id, kept: count.describe('The batches for which its rows are kept.') })),
    reading: get(
      '/datasets/{id}/reading',
      'Read how a dataset was read',
      'Every guess with how sure it is and the lines for it and against it, and what a person is asked.',
    )
      .input(z.strictObject(namedDataset))
      .output(reading),
    changeReading: oc
      .route({
        ...{ method: 'PUT', path: '/datasets/{id}/reading', summary: 'Say how a dataset is to be read' },
        ...{ inputStructure: 'detailed', outputStructure: 'detailed' },
        description:
          'What is left out stays as it is. A change of meanings (200) is a new revision for batches that are planned from now on. A change of rows (202) makes a new dataset of the same file, which is read in the background: follow it at `/datasets/{id}`. It is refused as `stale` when the reading changed after its digest was read.',
      })
      .input(write(namedDataset, readingChange))
      .output(
        z.union([
          z.object({ status: z.literal(200), body: reading }),
          z.object({ status: z.literal(202), body: z.object({ dataset: id }) }),
        ]),
      ),
    previewReading: post(
      '/datasets/{id}/reading/preview',
      'Try a change of a reading',
      'On the beginning of the file. Writes nothing.',
    )
      .input(write(namedDataset, readingChange))
      .output(readingPreview),
    teach: post(
      '/datasets/{id}/teach',
      'Choose what to teach next',
      'Which items a person decides next, so that the plan’s classifier learns the most. What they decide goes into the classifier’s `taught`. Writes nothing.',
    )
      .input(write(namedDataset, z.strictObject(teachAsked)))
      .output(teachRound),
  },
};
