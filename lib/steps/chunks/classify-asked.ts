/**
 * Classifies a claimed chunk by asking somebody who is paid: several calls at once, within what the connection bears and what the batch may cost. Each answer is kept the
 * moment it comes; whoever takes the chunk over goes on with the items that are left (docs/models.md).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Classification, ClassifierItem, Judged } from '#lib/classifiers/port.ts';
import type { Asker } from '#lib/classifiers/registry.ts';
import { MODELS } from '#lib/connectors/kinds.ts';
import type { ModelAnswer } from '#lib/connectors/model/ask.ts';
import { failureWords } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import {
  LOOK_MS,
  MODEL_CALLS_AT_ONCE,
  MODEL_FAILURES_MAX,
  MODEL_GRACE_MS,
  MODEL_ITEMS_AGAIN,
  MODEL_TRIES,
  MODEL_WAIT_MS_MAX,
  WAIT_HELD_MS,
} from '#lib/core/limits.ts';
import { AT_LIMIT, amountWords, millionthsOf } from '#lib/core/models/cost.ts';
import { ratioOf } from '#lib/core/models/measure.ts';
import { packSize } from '#lib/core/models/pack.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { announce } from '#lib/engine/events.ts';
import { reach } from '#lib/engine/failpoints.ts';
import { TALLIES } from '#lib/engine/tallies.ts';
import type { WorkerTask } from '#lib/engine/worker.ts';
import { type Call, callAbout, instructionDigest, settledBy } from '#lib/steps/models/call.ts';
import { type ModelOver, modelOver } from '#lib/steps/models/model-over.ts';
import { howClaimStands, type Wait } from '#lib/store/chunks/claims.sql.ts';
import { unclassified } from '#lib/store/chunks/classifications.sql.ts';
import { areOut, keepAnswers, openSpend, readTries, reserveCall, settleCall } from '#lib/store/models/calls.sql.ts';
import { enterModel, holdModel, leaveModel, leaveModels, takeFailures, yieldWaiting } from '#lib/store/models/waits.sql.ts';

/**
 * Null: every item has an answer. `stopped`: the chunk is to be given back, with nothing in flight. Throws in words for a person where the chunk is to halt: at what the batch
 * may cost, at a refused key, at a server that keeps failing.
 */
export async function classifyAsked(task: WorkerTask, plan: Plan, asker: Asker): Promise<'lost' | 'stopped' | 'waits' | null> {
  const run = await begin(task, plan, asker);
  try {
    for (;;) {
      await lookAround(run);
      if (run.over !== null) return await end(run);
      const ready = run.flights.size < MODEL_CALLS_AT_ONCE && untilNext(run) <= 0;
      const pack = ready ? await nextPack(run) : null;
      if (pack && (await send(run, pack))) continue;
      if (ready && pack === null && isDone(run)) return null;
      const left = untilNext(run);
      if (run.flights.size === 0 && left > WAIT_HELD_MS) {
        await yieldWaiting(task.pool, task.claim, { for: run.waits, ms: left }, run.failures);
        announce(task.pool, task.claim.batchId, { chunk: task.claim.number, kind: 'state' });
        return 'waits';
      }
      await stirred(run, left > 0 ? left : LOOK_MS);
    }
  } catch (error) {
    run.over ??= 'lost';
    await land(run, 0);
    throw error;
  }
}

type Pack = ClassifierItem[];

/** What one owner of the chunk knows of it. `over`: why nothing more is asked; in words where the chunk halts. */
type Run = {
  task: WorkerTask;
  asker: Asker;
  told: { datasetId: string; instruction: Buffer; by: string };
  kind: string;
  /** tokens of the server for one that is thought of */
  ratio: number;
  /** asked for again, in packs of their own size */
  again: Pack[];
  fresh: { items: ClassifierItem[]; after: number; ended: boolean };
  tries: Map<number, number>;
  /** alone longer than the model takes, and not left to a person yet */
  tooLong: Set<number>;
  /** calls in a row that failed, or found the server busy */
  failures: number;
  busy: number;
  /** when the last of them was counted: calls that were out by then fail with it */
  countedAt: number;
  flights: Set<Promise<void>>;
  calls: AbortController;
  /** nobody asks before, by the monotonic clock, and what for */
  until: number;
  waits: Wait['for'];
  lookedAt: number;
  over: 'lost' | 'stopped' | { fault: unknown } | null;
};

const isDone = (run: Run): boolean =>
  run.over === null && run.flights.size === 0 && run.again.length === 0 && untilNext(run) <= 0;

const untilNext = ({ until }: Run): number => until - performance.now();

async function begin(task: WorkerTask, plan: Plan, asker: Asker): Promise<Run> {
  const { pool, claim, workerId } = task;
  await leaveModels(pool, claim);
  const over = await modelOver(asker.over.connection);
  await openSpend(pool, claim.batchId, millionthsOf(asker.atMost), over.model.prices.currency);
  const calls = new AbortController();
  task.lease.signal.addEventListener('abort', () => calls.abort());
  return {
    ...{ task, asker, calls, kind: plan.classifier.kind, ratio: ratioOf(over.measure) },
    told: { datasetId: claim.datasetId, instruction: instructionDigest(plan), by: `worker:${workerId}` },
    ...{ again: [], fresh: { items: [], after: 0, ended: false } },
    ...{ tries: await readTries(pool, claim), tooLong: new Set() },
    failures: await takeFailures(pool, claim),
    ...{ busy: 0, countedAt: 0, flights: new Set(), until: 0, waits: 'retry_after', lookedAt: performance.now(), over: null },
  };
}

/** Who waits for an answer writes nothing, and would not hear of a pause. */
async function lookAround(run: Run): Promise<void> {
  const { pool, claim, lease, drain, place } = run.task;
  if (run.over !== null) return;
  if (lease.signal.aborted) run.over = 'lost';
  else if (drain.aborted || place.giveWay.aborted) run.over = 'stopped';
  else if (performance.now() - run.lookedAt > LOOK_MS) {
    run.lookedAt = performance.now();
    const stands = await howClaimStands(pool, claim);
    if (stands !== null) run.over = stands === 'lost' ? 'lost' : 'stopped';
  }
}

/** Until an answer ended, somebody calls, or the time is over. */
async function stirred({ task: { lease, drain, place }, flights }: Run, ms: number): Promise<void> {
  const woken = new AbortController();
  const signal = AbortSignal.any([lease.signal, drain, place.giveWay, woken.signal]);
  place.resting(true);
  await Promise.race([sleep(Math.min(ms, LOOK_MS), undefined, { signal }).catch(() => {}), ...flights]);
  woken.abort();
  place.resting(false);
}

/** What is out may come for a while; then it is called off. */
async function end(run: Run): Promise<'lost' | 'stopped'> {
  const { over } = run;
  await land(run, over === 'lost' ? 0 : MODEL_GRACE_MS);
  if (typeof over === 'object' && over !== null && !run.task.lease.signal.aborted) throw over.fault;
  return run.over === 'lost' || run.task.lease.signal.aborted ? 'lost' : 'stopped';
}

async function land({ flights, calls, task: { lease } }: Run, graceMs: number): Promise<void> {
  const all = Promise.all(flights);
  const woken = new AbortController();
  const signal = AbortSignal.any([lease.signal, woken.signal]);
  if (graceMs > 0) await Promise.race([all, sleep(graceMs, undefined, { signal }).catch(() => {})]);
  woken.abort();
  calls.abort();
  await all;
}

/** The items of the next call; null: none are left, though some may be out. */
async function nextPack(run: Run): Promise<Pack | null> {
  const again = run.again.shift();
  if (again) return again;
  const { pool, claim } = run.task;
  const { fresh } = run;
  if (fresh.items.length === 0 && !fresh.ended) {
    fresh.items = await unclassified(pool, claim, { after: fresh.after, fields: null });
    fresh.after = fresh.items.at(-1)?.ordinal ?? fresh.after;
    fresh.ended = fresh.items.length === 0;
    // What an owner before this one asked for in vain is asked for apart.
    const tried = fresh.items.filter(({ ordinal }) => run.tries.has(ordinal));
    fresh.items = fresh.items.filter(({ ordinal }) => !run.tries.has(ordinal));
    await leftOver(run, tried, null);
    if (tried.length > 0 && fresh.items.length === 0) return nextPack(run);
  }
  if (fresh.items.length === 0) return null;
  return fresh.items.splice(0, packSize(fresh.items, run.asker.together, run.ratio));
}

/** Sends one call, unless it has to wait or nothing may be asked any more: then false, and its items are the next. */
async function send(run: Run, pack: Pack): Promise<boolean> {
  const { pool, claim } = run.task;
  const over = await modelOver(run.asker.over.connection);
  run.ratio = ratioOf(over.measure);
  const call = callAbout(run.asker, pack, over, run.told);
  const { tokensPerMinute } = over.model;
  const stepMs = Math.max(over.stepMs, tokensPerMinute === null ? 0 : (60_000 * call.tokens) / tokensPerMinute);
  const { connectionId } = call;
  const wait = await enterModel(pool, claim.chunkId, { connectionId, stepMs, concurrency: over.concurrency });
  if (wait) {
    run.again.unshift(pack);
    waitFor(run, { for: 'rate', ms: wait.ms });
    return false;
  }
  const reserved = await reserveCall(pool, claim, call);
  if (reserved !== 'reserved') {
    run.again.unshift(pack);
    await leaveModel(pool, claim, connectionId);
    if (reserved === 'cap') await atCap(run, call);
    else run.over = (await howClaimStands(pool, claim)) === 'lost' ? 'lost' : 'stopped';
    return false;
  }
  const flight = fly(run, pack, call, over).catch((error: unknown) => {
    run.over ??= { fault: error };
  });
  const landed = flight.then(() => void run.flights.delete(landed));
  run.flights.add(landed);
  return true;
}

/** What is out, of this chunk or another, may come to less than it was reserved for: only with nothing out the limit is reached. */
async function atCap(run: Run, { reserved, currency }: Call): Promise<void> {
  const { pool, claim } = run.task;
  if (run.flights.size > 0 || (await areOut(pool, claim.batchId))) waitFor(run, { for: 'rate', ms: CAP_LOOK_MS });
  else {
    const words = amountWords(reserved, currency);
    halt(
      run,
      `${AT_LIMIT}: another call could cost ${words}, and what is left is less than that. Raise what it may cost, and resume.`,
    );
  }
}

const CAP_LOOK_MS = 300;

function halt(run: Run, words: string): void {
  run.over ??= { fault: new CountersignError('conflict', words) };
}

function waitFor(run: Run, wait: Wait): void {
  run.until = performance.now() + wait.ms;
  run.waits = wait.for;
}

/** One call from its sending to its settlement. */
async function fly(run: Run, pack: Pack, call: Call, over: ModelOver): Promise<void> {
  const { pool, claim } = run.task;
  const begunAt = performance.now();
  const keeper = keeperOf(run, call);
  const refused: Extract<Judged, { refused: string }>[] = [];
  const take = (part: unknown): void => {
    const judged = call.asking.read(part);
    if ('refused' in judged) refused.push(judged);
    else keeper.take(judged.classification);
  };
  const answer = await MODELS.ask(over.live, over.model, call.asking, take, run.calls.signal);
  const kept = await keeper.ended();
  await settleCall(pool, call, settledBy(answer, over));
  await leaveModel(pool, claim, call.connectionId);
  if (answer.roomMs !== null) await holdModel(pool, call.connectionId, answer.roomMs);
  const left = pack.filter(({ ordinal }) => !kept.has(ordinal));
  if (answer.outcome === 'answered') {
    run.failures = 0;
    run.busy = 0;
    for (const { ordinal } of left) run.tries.set(ordinal, (run.tries.get(ordinal) ?? 0) + 1);
    await leftOver(run, left, refused);
  } else failed(run, left, answer, over, begunAt < run.countedAt);
  const long = [...run.tooLong].map((ordinal) => ({ ordinal, why: 'This item alone is longer than the model takes.' }));
  run.tooLong.clear();
  await leaveToPerson(run, long);
}

/** Keeps answers as they come: while some are being stored, the next gather. Each item once; the first stands. */
function keeperOf(run: Run, call: Call) {
  const { pool, claim, lease } = run.task;
  const asked = new Set(call.asked);
  const kept = new Set<number>();
  let waiting: Classification[] = [];
  let storing: Promise<void> | null = null;
  const store = async (): Promise<void> => {
    while (waiting.length > 0) {
      const now = waiting;
      waiting = [];
      await reach('answers.before', claim.batchId);
      const stored = lease.signal.aborted ? null : await keepAnswers(pool, claim, call.id, now, run.kind);
      if (stored === null) {
        run.over ??= 'lost';
        run.calls.abort();
        return;
      }
      for (const { ordinal } of now) kept.add(ordinal);
      TALLIES.classified(stored.length);
      await reach('answers.stored', claim.batchId);
      announce(pool, claim.batchId, { chunk: claim.number, kind: 'classified' });
    }
  };
  return {
    take(one: Classification): void {
      // A second answer for an item is refused: the first may be looked at already.
      if (!asked.delete(one.ordinal)) return;
      waiting.push(one);
      storing ??= store().finally(() => {
        storing = null;
      });
    },
    async ended(): Promise<ReadonlySet<number>> {
      while (storing !== null) await storing;
      return kept;
    },
  };
}

/** Items without a usable answer are asked for again, few at a time; after some tries they are left to a person. */
async function leftOver(
  run: Run,
  items: readonly ClassifierItem[],
  refused: readonly Extract<Judged, { refused: string }>[] | null,
): Promise<void> {
  const tried = (one: ClassifierItem): number => run.tries.get(one.ordinal) ?? 0;
  const again = items.filter((one) => tried(one) < MODEL_TRIES);
  for (let at = 0; at < again.length; at += MODEL_ITEMS_AGAIN) run.again.push(again.slice(at, at + MODEL_ITEMS_AGAIN));
  const unsure = items.filter((one) => tried(one) >= MODEL_TRIES);
  const unknown = new Set(refused?.flatMap((one) => (one.refused === 'unknown_category' ? [one.ordinal] : [])));
  await leaveToPerson(
    run,
    unsure.map(({ ordinal }) => ({
      ordinal,
      why: unknown.has(ordinal)
        ? `The model named a category that the plan does not have. It was asked ${MODEL_TRIES} times.`
        : `The model gave no usable answer. It was asked ${MODEL_TRIES} times.`,
    })),
  );
}

async function leaveToPerson(run: Run, items: readonly { ordinal: number; why: string }[]): Promise<void> {
  if (items.length === 0) return;
  const { pool, claim } = run.task;
  const unsure = items.map(({ ordinal, why }) => run.asker.unsure(ordinal, why));
  const stored = await keepAnswers(pool, claim, null, unsure, run.kind);
  if (stored === null) run.over ??= 'lost';
  else TALLIES.classified(stored.length);
  announce(pool, claim.batchId, { chunk: claim.number, kind: 'classified' });
}

/** Nothing passes by itself that is about the key, or about what the model is. */
const HALTS = [
  ...['http_401', 'http_403', 'http_407', 'credentials_refused', 'connection_gone', 'connection_changed', 'secret_unreadable'],
  ...['refused_address', 'tls'],
];
/** The server is there, and takes no more just now. */
const BUSY = ['http_429', 'http_503', 'http_529', 'connection_unread', 'no_token', 'token_refused'];
const TOO_LONG = /context|too (long|large|many tokens)|maximum.*(length|tokens)/i;

type Failed = Exclude<ModelAnswer, { outcome: 'answered' }>;

/** `counted`: it was out when another failed, and fails with that one. */
function failed(
  run: Run,
  left: Pack,
  { outcome, reason, says, roomMs }: Failed,
  { live, model }: ModelOver,
  counted: boolean,
): void {
  if (reason === 'http_413' || (reason === 'http_400' && TOO_LONG.test(says ?? ''))) {
    run.again.push(...halves(run, left));
    return;
  }
  if (left.length > 0) run.again.push(left);
  if (reason === 'aborted') return;
  const who = `${model.name} (${live.name})`;
  const why = says ? `${failureWords(reason)} It says: ${says}` : failureWords(reason);
  const passes = BUSY.includes(reason);
  if (HALTS.includes(reason)) halt(run, `${who}: ${why} Update the connection “${live.name}”, and resume.`);
  else if (!passes && /^http_[34]/.test(reason) && outcome === 'refused')
    halt(run, `${who}: ${why} Look at the connection “${live.name}” and at the plan, and resume.`);
  else if (!counted) {
    run.countedAt = performance.now();
    if (passes) run.busy += 1;
    else run.failures += 1;
  }
  if (run.failures >= MODEL_FAILURES_MAX)
    halt(run, `${who} failed ${run.failures} times in a row. The last time: ${why} Resume when it works again.`);
  if (passes) waitFor(run, { for: 'retry_after', ms: Math.min(roomMs ?? grown(run.busy), MODEL_WAIT_MS_MAX) });
  else waitFor(run, { for: 'target', ms: Math.max(Math.min(roomMs ?? 0, MODEL_WAIT_MS_MAX), grown(run.failures)) });
}

/** What was too long together. One item alone that is more than the model takes is left to a person, as if it had been asked for in vain. */
function halves(run: Run, left: Pack): Pack[] {
  const half = Math.ceil(left.length / 2);
  if (left.length > 1) return [left.slice(0, half), left.slice(half)];
  for (const { ordinal } of left) run.tooLong.add(ordinal);
  return [];
}

const FIRST_MS = 1_000;

/** Doubled each time, at another moment for each who waits. */
function grown(times: number): number {
  return Math.min(FIRST_MS * 2 ** (times - 1), MODEL_WAIT_MS_MAX) * (0.75 + Math.random() / 2);
}
