/** A model proposes how a dataset is sorted, from what a person says should happen and from what the fields hold. It is a proposal: a person takes it, or not. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { askForCategories, categoriesOf } from '#lib/classifiers/model/proposing.ts';
import { MODELS } from '#lib/connectors/kinds.ts';
import { failureWords } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { costOf } from '#lib/core/models/cost.ts';
import { mostOf } from '#lib/core/models/measure.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import { type Proposal, proposalAsked } from '#lib/shapes/models.ts';
import { datasetToPlan, readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readConnections } from '#lib/store/connections/connections.ts';
import { insertTry, settleCall } from '#lib/store/models/calls.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { settledBy, sizeOf } from './call.ts';
import { modelOver } from './model-over.ts';

/** One call, which is paid for. Throws `conflict` with the model's own reason where nothing usable comes. */
export async function proposeCategories(actor: Actor, raw: z.input<typeof proposalAsked>): Promise<Proposal> {
  authorise(actor, 'plan');
  const { datasetId, connection, instruction } = readInput(proposalAsked, raw);
  const dataset = await datasetToPlan(datasetId);
  const [row] = await readConnections(db(), { names: [connection] });
  if (!row || !(may(actor, 'connections') || row.usableBy.includes(actor.role)))
    throw new CountersignError('not_found', `There is no connection “${connection}” that you may use.`);
  const over = await modelOver(connection);
  const { live, model } = over;
  const asked = askForCategories(instruction, dataset.fields, randomBytes(16));
  const size = sizeOf(asked);
  const call = {
    ...{ id: randomUUID(), size, datasetId, asked: [], by: actor.id, instruction: sha256(asked.system) },
    ...{ connectionId: live.id, connection, provider: model.provider, model: model.name, currency: model.prices.currency },
    reserved: costOf(model.prices, { input: mostOf(size, over.measure), output: asked.outputTokens }),
  };
  await insertTry(db().pool, call);
  const parts: unknown[] = [];
  const answer = await MODELS.ask(live, model, asked, (part) => parts.push(part), new AbortController().signal);
  const settled = settledBy(answer, over);
  await settleCall(db().pool, call, settled);
  const who = `${model.name} (${connection})`;
  if (answer.outcome !== 'answered') {
    const says = answer.says ? ` It says: ${answer.says}` : '';
    throw new CountersignError('conflict', `${who}: ${failureWords(answer.reason)}${says}`);
  }
  const categories = categoriesOf(parts);
  if (categories.length < 2)
    throw new CountersignError('conflict', `${who} proposed no categories. Say more of what should happen.`);
  return { categories, spent: (settled.cost ?? call.reserved) / 1_000_000, currency: model.prices.currency };
}
