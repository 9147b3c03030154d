/** An agent that supervises gives a table as text, or names what it uploaded over REST. */
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type DatasetMade, datasetAsked } from '#lib/shapes/supervision.ts';
import { readDatasetAlone } from '#lib/steps/datasets/read-datasets.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';

/**
 * Gives the dataset when it is ready; of an upload, as it is. Throws as an upload does, `invalid` where neither or both are given, and `not_found`.
 */
export async function makeDataset(
  actor: Actor,
  raw: Omit<z.input<typeof datasetAsked>, 'key'>,
): Promise<Omit<DatasetMade, 'already'>> {
  authorise(actor, 'create_dataset');
  const { name, content, upload } = readInput(datasetAsked, raw);
  if ((upload === undefined) === (content === undefined))
    throw new CountersignError(
      'invalid',
      'Give either the file as “content” with its “name”, or the id of an upload as “upload”.',
    );
  if (content !== undefined && name === undefined)
    throw new CountersignError('invalid', 'Name the file, as in “mail.csv”: its ending says what it is.', {
      problems: [{ path: 'name', message: 'This is missing.' }],
    });
  const id = upload ?? (await uploadDataset(actor, { name: name ?? '', source: once(content ?? '') })).id;
  const found = await readDatasetAlone(actor, { id });
  if (!found || found.deletedAt !== null) throw new CountersignError('not_found', 'There is no such dataset.');
  const { state, itemCount: items, unreadableCount: unreadable, fields, reason } = found;
  return { id, name: found.name, state, items, unreadable, fields: fields.map((field) => field.name), reason };
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
