/** The sample mailbox as a dataset: real mail to try the product on, offered where its package is installed. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { sampleMailbox } from '#lib/ingest/sample.ts';
import { uploadDataset } from './upload-dataset.ts';

const NAME = 'sample.mbox';

/** Whether the sample can be offered. */
export function sampleIsHere(): boolean {
  return sampleMailbox() !== null;
}

/** Uploads it as any other file, under `id` for whoever wants to watch it arrive. Throws `not_found` where the package is not installed. */
export async function uploadSample(actor: Actor, { id }: { id?: string } = {}): ReturnType<typeof uploadDataset> {
  const source = sampleMailbox();
  if (source === null)
    throw new CountersignError(
      'not_found',
      'The sample mails are not installed here: they come with the development dependencies.',
    );
  return uploadDataset(actor, { name: NAME, source }, id ? { id } : {});
}
