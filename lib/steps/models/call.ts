/** One call to a model as it is written down: what it may cost, and what it came to. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Asking, ClassifierItem } from '#lib/classifiers/port.ts';
import type { Asker } from '#lib/classifiers/registry.ts';
import type { ModelAnswer } from '#lib/connectors/model/ask.ts';
import { costOf, tokensAtMost } from '#lib/core/models/cost.ts';
import { mostOf, ratioOf, type Size } from '#lib/core/models/measure.ts';
import { tokensIn } from '#lib/core/models/tokens.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { canonicalBytes, sha256 } from '#lib/ledger/canonical.ts';
import type { NewCall, Settled } from '#lib/store/models/calls.sql.ts';
import type { ModelOver } from './model-over.ts';

/** Raised when a model is told otherwise how it is to answer. */
const ASKS_VERSION = 1;

/** The SHA-256 of what decides an answer beside the item. */
export function instructionDigest({ instruction = '', categories }: Plan): Buffer {
  const told = { asks: ASKS_VERSION, instruction, categories: categories.map(({ name }) => name) };
  return sha256(canonicalBytes(told));
}

/** `tokens`: what it comes to about, read and written, for what is bounded by the minute. */
export type Call = NewCall & { asking: Asking; size: Size; tokens: number };

/** What is asked, in tokens that are read. In a prompt each space is a mark. */
export function sizeOf({ system, prompt, element }: Pick<Asking, 'system' | 'prompt' | 'element'>): Size {
  const schema = JSON.stringify(element);
  const bytes = Buffer.byteLength(system) + Buffer.byteLength(prompt) + Buffer.byteLength(schema);
  return { about: tokensIn(system) + tokensIn(prompt, 1) + tokensIn(schema), atMost: tokensAtMost(bytes) };
}

/** A call about these items, with names of its own. */
export function callAbout(
  asker: Asker,
  items: readonly ClassifierItem[],
  { live, model, measure }: ModelOver,
  told: { datasetId: string; instruction: Buffer; by: string },
): Call {
  const asking = asker.about(items, randomBytes(16));
  const size = sizeOf(asking);
  return {
    ...{ id: randomUUID(), asking, size, asked: items.map(({ ordinal }) => ordinal), ...told },
    ...{ connectionId: live.id, connection: live.name, provider: model.provider, model: model.name },
    reserved: costOf(model.prices, { input: mostOf(size, measure), output: asking.outputTokens }),
    currency: model.prices.currency,
    tokens: Math.ceil(size.about * ratioOf(measure)) + asking.outputTokens,
  };
}

/** What is refused costs nothing; what broke may be paid, and of what its server does not count nobody knows the cost: there the reservation stays. */
export function settledBy(answer: ModelAnswer, { model: { prices } }: ModelOver): Settled {
  if (answer.outcome === 'answered')
    return { outcome: 'answered', reason: null, tokens: answer.tokens, cost: answer.tokens && costOf(prices, answer.tokens) };
  return { outcome: answer.outcome, reason: answer.reason, tokens: null, cost: answer.outcome === 'refused' ? 0 : null };
}
