/** The sample mailbox as a dataset: real mail to try the product on, offered where its package is installed. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { sampleMailbox } from '#lib/ingest/sample.ts';
import { type Uploaded, uploadDataset } from './upload-dataset.ts';

const input = z.strictObject({ id: z.uuid().optional() });

const NAME = 'sample.mbox';

/** Whether the sample can be offered. */
export function sampleIsHere(): boolean {
  return sampleMailbox() !== null;
}

/** Uploads it as any other file, under `id` for whoever wants to watch it arrive. Throws `not_found` where the package is not installed. */
export async function uploadSample(actor: Actor, raw: z.input<typeof input> = {}): Promise<Uploaded> {
  authorise(actor, 'upload');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'The id of a dataset is a UUID.');
  const { id } = read.data;
  const source = sampleMailbox();
  if (source === null)
    throw new CountersignError(
      'not_found',
      'The sample mails are not installed here: they come with the development dependencies.',
    );
  return uploadDataset(actor, { name: NAME, source }, id ? { id } : {});
}
