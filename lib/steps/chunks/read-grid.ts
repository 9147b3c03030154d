/** The state of every chunk of a batch, a short line for each: what a grid of thousands is drawn from. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CHUNK_STATES } from '#lib/core/lifecycle.ts';
import type { Grid } from '#lib/shapes/decisions.ts';
import { isId } from '#lib/steps/ids.ts';
import { readPulse } from '#lib/store/batches/batch-reads.sql.ts';
import { readSelected } from '#lib/store/checkpoints/selected.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** In the order of their numbers; null without the batch. */
export async function readGrid(actor: Actor, { batchId }: { batchId: string }): Promise<Grid | null> {
  authorise(actor, 'see_batches');
  const { pool } = db();
  if (!isId(batchId) || !(await readPulse(pool, batchId))) return null;
  const chunks = await readSelected(pool, batchId, { states: CHUNK_STATES });
  return { chunks: chunks.map(({ number, name, state, itemCount }) => ({ number, name, state, itemCount })) };
}
