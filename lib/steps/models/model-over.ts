/** A model as a call over its connection needs it, read anew for each call: its newest secret, prices and limits count. */
import { CountersignError } from '#lib/core/errors.ts';
import type { Measure } from '#lib/core/models/measure.ts';
import type { ModelOfConnection } from '#lib/core/models/model.ts';
import { type LiveConnection, readConnections } from '#lib/store/connections/connections.ts';
import { usedConnection } from '#lib/store/connections/used.ts';
import { readMeasure } from '#lib/store/models/calls.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export type ModelOver = {
  live: LiveConnection;
  model: ModelOfConnection;
  /** between two calls, whatever they are; 0 where nothing bounds it */
  stepMs: number;
  concurrency: number | null;
  /** how its server counted so far; null: it has counted nothing yet */
  measure: Measure | null;
};

/** Throws `conflict` where there is no such connection any more, or it leads to no model. */
export async function modelOver(name: string): Promise<ModelOver> {
  const [row] = await readConnections(db(), { names: [name] });
  const live = row ? await usedConnection(row.id) : null;
  if (!live) throw new CountersignError('conflict', `The connection “${name}” is not there any more. Make it again, and resume.`);
  const { model } = live.declared;
  if (!model) throw new CountersignError('conflict', `The connection “${name}” leads to no model. Change it, and resume.`);
  const { windows, concurrency } = live.limits;
  const steps = windows.map(({ requests, seconds }) => (1_000 * seconds) / requests);
  return { live, model, concurrency, measure: await readMeasure(db().pool, live.id, model.name), stepMs: Math.max(0, ...steps) };
}
