/** What is in a place of a connection becomes a dataset: a folder of a mailbox. It is read one thing after the other, and kept as one file, so that it can be read anew. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { connectionKindOf } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ASK_TIMEOUT_MS, SOURCE_ANSWER_MS } from '#lib/core/limits.ts';
import { formatCollecting } from '#lib/ingest/registry.ts';
import { sourceInput } from '#lib/shapes/connections.ts';
import { boundsOf } from '#lib/steps/connections/bounds.ts';
import { follow, sentBy } from '#lib/steps/live/live-actors.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inTurn } from '#lib/steps/uncertain/ask-targets.ts';
import { doneBefore } from '#lib/store/api/api-writes.ts';
import { readConnectionRow } from '#lib/store/connections/connections.ts';
import { usedConnection } from '#lib/store/connections/used.ts';
import { BEGUN } from '#lib/store/datasets/items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { type Uploaded, uploadDataset } from './upload-dataset.ts';

const input = sourceInput.extend({ connection: z.uuid() });

/**
 * As any upload. What takes longer than `answerMs` goes on, for as long as this actor may upload: then the dataset is still receiving, and says itself how it ends. Throws `not_found` for a connection that this actor may not use and for a place that is not there, `conflict` where nothing can be read of it,
 * `unavailable` where the target can't be reached.
 */
export async function uploadSource(
  actor: Actor,
  raw: z.input<typeof input>,
  { answerMs = SOURCE_ANSWER_MS }: { answerMs?: number } = {},
): Promise<Pick<Uploaded, 'id' | 'same'>> {
  authorise(actor, 'upload');
  authorise(actor, 'use_connections');
  const { connection: connectionId, place, id: given } = readInput(input, raw);
  const row = await readConnectionRow(db(), connectionId);
  if (!row || !(may(actor, 'connections') || row.usableBy.includes(actor.role)))
    throw new CountersignError('not_found', 'There is no such connection: it may have been deleted.');
  const source = connectionKindOf(row.connector)?.source;
  if (!source) throw new CountersignError('conflict', `What is behind “${row.name}” can’t be read into a dataset.`);
  const pace = { batchId: '', ratePerSecond: null, bounds: await boundsOf(connectionId) };
  if (!(await inTurn(db().pool, pace, AbortSignal.timeout(ASK_TIMEOUT_MS))))
    throw new CountersignError('unavailable', `“${row.name}” bears no more requests just now. Try again in a moment.`);
  const live = await usedConnection(connectionId);
  if (!live) throw new CountersignError('not_found', 'There is no such connection: it may have been deleted.');
  const followed = follow('upload', actor);
  const { contentType, items } = source(live, place, followed.ended);
  const format = formatCollecting(contentType);
  if (!format) {
    followed.leave();
    throw new CountersignError('conflict', `What is behind “${row.name}” can’t be read into a dataset.`);
  }
  const { collects, endings } = format;
  const written = async function* (): AsyncGenerator<Uint8Array> {
    for await (const item of items) yield collects.write(item);
  };
  // A path is no part of a file's name.
  const name = `${place.replaceAll(/[\\/]/g, '.')} at ${row.name}${endings[0] ?? ''}`;
  const id = doneBefore<string>(BEGUN) ?? given ?? randomUUID();
  const whole = uploadDataset(actor, { name, source: sentBy(written(), followed) }, { id }).finally(followed.leave);
  const late = Promise.withResolvers<null>();
  const clock = setTimeout(late.resolve, answerMs, null);
  // What it throws later stands in the dataset.
  whole.catch(() => {});
  const uploaded = await Promise.race([whole, late.promise]).finally(() => clearTimeout(clock));
  return uploaded ?? { id, same: null };
}
