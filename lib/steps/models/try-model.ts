/** A plan's model is asked about some items before the batch starts: to see what it says, and what the whole would cost. It is paid for, and written down as every call. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { Classification, ClassifierItem } from '#lib/classifiers/port.ts';
import { type Asker, askerOf } from '#lib/classifiers/registry.ts';
import { MODELS } from '#lib/connectors/kinds.ts';
import { failureWords } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { MODEL_CALLS_AT_ONCE, MODEL_PROBE_ITEMS, SAMPLE_FIELD_CHARS_MAX, TARGET_LOOKS_MAX } from '#lib/core/limits.ts';
import { type Interval, totalOf } from '#lib/core/models/interval.ts';
import { ratioOf } from '#lib/core/models/measure.ts';
import { packSize } from '#lib/core/models/pack.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { type Tried, type TryBound, tryAsked } from '#lib/shapes/models.ts';
import { askedOverProblems, assertUsable } from '#lib/steps/connections/through.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { datasetToPlan, readInput } from '#lib/steps/plans/plan-dataset.ts';
import { insertTry, settleCall } from '#lib/store/models/calls.sql.ts';
import { enterModel, holdModel } from '#lib/store/models/waits.sql.ts';
import { type PlanningDataset, readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { type Call, callAbout, instructionDigest, settledBy } from './call.ts';
import { type ModelOver, modelOver } from './model-over.ts';

type Input = z.input<typeof tryAsked>;

/** What asking would cost at most. Nothing is asked and nothing written. Throws as `tryModel`. */
export async function previewTry(actor: Actor, raw: Input): Promise<TryBound> {
  const { calls, over } = await toTry(actor, raw);
  return {
    items: calls.reduce((sum, { asked }) => sum + asked.length, 0),
    calls: calls.length,
    atMost: calls.reduce((sum, { reserved }) => sum + reserved, 0) / 1_000_000,
    currency: over.model.prices.currency,
  };
}

/** Open in this process, over all who try. */
let open = 0;

/**
 * Asks, once. Throws `invalid` with every problem of the plan that stands in the way, `conflict` with the model's own reason where it answers nothing, `unavailable` where its
 * connection bears no more just now.
 */
export async function tryModel(actor: Actor, raw: Input): Promise<Tried> {
  const trial = await toTry(actor, raw);
  if (open >= TARGET_LOOKS_MAX)
    throw new CountersignError('unavailable', 'Too many people try models just now. Try again in a moment.');
  open += 1;
  const begun = performance.now();
  try {
    const answered: Answered[] = [];
    const calls = [...trial.calls];
    const lane = async (): Promise<void> => {
      for (let call = calls.shift(); call; call = calls.shift()) answered.push(await asked(trial, call));
    };
    await Promise.all(Array.from({ length: MODEL_CALLS_AT_ONCE }, lane));
    return told(trial, answered, performance.now() - begun);
  } finally {
    open -= 1;
  }
}

type Trial = {
  asker: Asker;
  over: ModelOver;
  dataset: PlanningDataset;
  items: ClassifierItem[];
  calls: Call[];
  /** whether the items were drawn, and so say something of all */
  drawn: boolean;
};

async function toTry(actor: Actor, raw: Input): Promise<Trial> {
  authorise(actor, 'plan');
  const { datasetId, plan: given, ordinals } = readInput(tryAsked, raw);
  const plan = parsePlan(given);
  const asker = askerOf(plan);
  if (!asker) throw new CountersignError('invalid', 'No model classifies by this plan.');
  const problems = await askedOverProblems(db(), plan);
  if (problems[0]) throw new CountersignError('invalid', problems[0].message, { problems });
  await assertUsable(db(), actor, plan);
  const dataset = await datasetToPlan(datasetId);
  const among = [...new Set(ordinals ?? drawnOf(dataset, plan))].sort((one, other) => one - other);
  const items = await readItems(db().pool, datasetId, { fields: null, after: 0, limit: MODEL_PROBE_ITEMS, among });
  if (items.length === 0) throw new CountersignError('not_found', 'The dataset has none of these items.');
  const over = await modelOver(asker.over.connection);
  const calls: Call[] = [];
  const told = { datasetId, instruction: instructionDigest(plan), by: actor.id };
  for (let left = [...items]; left.length > 0; )
    calls.push(callAbout(asker, left.splice(0, packSize(left, asker.together, ratioOf(over.measure))), over, told));
  return { asker, over, dataset, items, calls, drawn: ordinals === undefined };
}

/** Which items are drawn is the same for one instruction, so what was told of their cost holds for them. */
function drawnOf({ id, itemCount }: PlanningDataset, plan: Plan): number[] {
  if (itemCount <= MODEL_PROBE_ITEMS) return Array.from({ length: itemCount }, (_, at) => at + 1);
  const drawn = new Set<number>();
  const seed = instructionDigest(plan);
  for (let at = 0; drawn.size < MODEL_PROBE_ITEMS; at += 1) {
    const bytes = createHash('sha256').update(seed).update(`${id}:${at}`).digest();
    drawn.add(1 + Math.floor((bytes.readUIntBE(0, 6) / 2 ** 48) * itemCount));
  }
  return [...drawn];
}

type Answered = {
  call: Call;
  answers: Map<number, Classification>;
  cost: number | null;
  tokens: { input: number; output: number } | null;
};

async function asked({ over }: Trial, call: Call): Promise<Answered> {
  const { pool } = db();
  await inTurn(over, call);
  await insertTry(pool, call);
  const answers = new Map<number, Classification>();
  const take = (part: unknown): void => {
    const judged = call.asking.read(part);
    if ('classification' in judged && !answers.has(judged.classification.ordinal))
      answers.set(judged.classification.ordinal, judged.classification);
  };
  const answer = await MODELS.ask(over.live, over.model, call.asking, take, new AbortController().signal);
  const settled = settledBy(answer, over);
  await settleCall(pool, call, settled);
  if (answer.roomMs !== null) await holdModel(pool, call.connectionId, answer.roomMs);
  if (answer.outcome !== 'answered' && answers.size === 0) {
    const says = answer.says ? ` It says: ${answer.says}` : '';
    throw new CountersignError('conflict', `${over.model.name} (${over.live.name}): ${failureWords(answer.reason)}${says}`);
  }
  return { call, answers, cost: settled.cost, tokens: settled.tokens };
}

const TRY_WAIT_MS = 20_000;

async function inTurn({ live, model, stepMs, concurrency }: ModelOver, call: Call): Promise<void> {
  const perTokens = model.tokensPerMinute === null ? 0 : (60_000 * call.tokens) / model.tokensPerMinute;
  const until = performance.now() + TRY_WAIT_MS;
  for (;;) {
    // A try has no chunk, and its place no owner that lives: it counts for the rate alone.
    const wait = await enterModel(db().pool, call.id, {
      connectionId: live.id,
      stepMs: Math.max(stepMs, perTokens),
      concurrency,
    });
    if (wait === null) return;
    if (performance.now() + wait.ms > until)
      throw new CountersignError('unavailable', `“${live.name}” bears no more requests just now. Try again in a moment.`);
    await sleep(wait.ms);
  }
}

function told({ asker, over, dataset, items, drawn }: Trial, answered: readonly Answered[], ms: number): Tried {
  const { prices } = over.model;
  const all = new Map(answered.flatMap(({ answers }) => [...answers]));
  const total = (of: (one: Answered) => number): number => answered.reduce((sum, one) => sum + of(one), 0);
  const counted = answered.flatMap(sharesOf);
  const costs = totalOf(
    counted.map(({ input, output }) => input * prices.input + output * prices.output),
    dataset.itemCount,
  );
  const tokens = totalOf(
    counted.map(({ input, output }) => input + output),
    dataset.itemCount,
  );
  return {
    answers: items.map(({ ordinal, fields }) => {
      const { category, why, confidence } = all.get(ordinal) ?? asker.unsure(ordinal, 'The model gave no usable answer.');
      return { ordinal, fields: firstOf(fields), category, why, confidence };
    }),
    tokens: { input: total(({ tokens }) => tokens?.input ?? 0), output: total(({ tokens }) => tokens?.output ?? 0) },
    spent: total(({ call, cost }) => cost ?? call.reserved) / 1_000_000,
    currency: prices.currency,
    ms: Math.round(ms),
    dataset: drawn ? { items: dataset.itemCount, costs: costs && inCurrency(costs), tokens: tokens && whole(tokens) } : null,
  };
}

const inCurrency = ({ low, likely, high }: Interval): Interval => ({ low: low / 1e6, likely: likely / 1e6, high: high / 1e6 });
const whole = ({ low, likely, high }: Interval): Interval => ({
  low: Math.floor(low),
  likely: Math.round(likely),
  high: Math.ceil(high),
});

/** What each item of a call took of its tokens: of what was read by the length of its line, after an even part of what was told beside the items; of what was written an even part. */
function sharesOf({ call, tokens }: Answered): { input: number; output: number }[] {
  if (tokens === null) return [];
  const lines = call.asking.prompt.split('\n').map((line) => Buffer.byteLength(line));
  const beside = Buffer.byteLength(call.asking.system) + Buffer.byteLength(JSON.stringify(call.asking.element));
  const bytes = beside + lines.reduce((sum, one) => sum + one, 0);
  const n = call.asked.length;
  return lines.slice(0, n).map((line) => ({ input: (tokens.input * (line + beside / n)) / bytes, output: tokens.output / n }));
}

const FIELDS_SHOWN = 3;

function firstOf(fields: Record<string, string>): Record<string, string> {
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== '')
    .slice(0, FIELDS_SHOWN);
  return Object.fromEntries(shown.map(([name, value]) => [name, value.slice(0, SAMPLE_FIELD_CHARS_MAX)]));
}
