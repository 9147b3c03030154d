/** Judges a finished run by what the targets did and what the receipts say, and by who owned the chunk when. It asks none of the product's code but the table of transitions. */
import { ACTION_TRANSITIONS, type ActionReceiptKind, type ActionState } from '#lib/core/lifecycle.ts';
import { HELD_BACK, NO_ATTEMPTS } from '#lib/core/receipts/answer.ts';
import { bodyOf, nameOf, reasonOf, type Stored } from './database.ts';
import type { Run } from './run.ts';
import { KEYS_KEPT_MS } from './targets.ts';

/** Each entry is one thing that must not be; empty when all is true. */
export function judge(run: Run): string[] {
  const again = run.again?.run;
  if (!again) return judgeBatch(run);
  const keys = new Set([...attemptsOf(again.db).values()].flat().map(({ key }) => key));
  const { sent, effects } = run.targets;
  const its = { sent: sent.filter(({ key }) => keys.has(key)), effects: effects.filter(({ key }) => keys.has(key)) };
  const others = { sent: sent.filter(({ key }) => !keys.has(key)), effects: effects.filter(({ key }) => !keys.has(key)) };
  return [
    ...judgeBatch({ ...partsOf(run), targets: others }),
    ...judgeBatch({ ...partsOf(again), targets: its }).map((one) => `reviewed again: ${one}`),
    ...judgeRest(run),
  ];
}

/** A batch, and of what reached the targets that which is its own. */
type Judged = Pick<Run, 'db' | 'setup' | 'processes' | 'faults'> & { targets: Pick<Run['targets'], 'sent' | 'effects'> };

const partsOf = ({ db, setup, processes, faults }: Run): Omit<Judged, 'targets'> => ({ db, setup, processes, faults });

function judgeBatch(batch: Judged): string[] {
  return [
    ...batch.faults.map((error) => `an executor threw: ${(error as Error).stack ?? error}`),
    ...judgeEffects(batch),
    ...judgeTruth(batch),
    ...judgeChain(batch),
    ...judgeOwners(batch),
    ...judgeBounds(batch),
  ];
}

/** What is reviewed again never happened, but where a person said so; and nobody sends it for the batch that left it any more. */
function judgeRest({ db, again, targets }: Run): string[] {
  if (!again) return [];
  const found: string[] = [];
  const attempts = attemptsOf(db);
  for (const { ordinal } of again.run.db.frozenRows()) {
    const own = attempts.get(ordinal) ?? [];
    const keys = new Set(own.map(({ key }) => key));
    const happened = [...targets.effects, ...db.made].some(({ key }) => keys.has(key));
    if (happened && !own.some(({ resolution }) => isBySomebody(resolution)))
      found.push(`item ${ordinal} happened, and is reviewed again`);
    if (targets.sent.some(({ key, order }) => keys.has(key) && order > again.order))
      found.push(`item ${ordinal} is reviewed again, and was sent by the batch that left it`);
    if (db.receipts.some((receipt) => receipt.ordinal === ordinal && receipt.order > again.order))
      found.push(`item ${ordinal} is reviewed again, and its chain in the batch that left it goes on`);
  }
  return found;
}

function isBySomebody(resolution: Stored | null): boolean {
  const body = resolution ? bodyOf(resolution) : null;
  return body?.kind === 'resolution' && body.evidence === 'person';
}

type Attempt = { key: string; intent: Stored; outcome: Stored | null; resolution: Stored | null };

/** The attempts at each action, in order. */
function attemptsOf({ receipts }: { receipts: Stored[] }): Map<number, Attempt[]> {
  const actions = new Map<number, Attempt[]>();
  for (const receipt of receipts) {
    const attempts = actions.get(receipt.ordinal) ?? [];
    actions.set(receipt.ordinal, attempts);
    const body = bodyOf(receipt);
    if (body.kind === 'intent') attempts.push({ key: body.idempotencyKey, intent: receipt, outcome: null, resolution: null });
    const last = attempts.at(-1);
    if (last && body.kind === 'outcome') last.outcome = receipt;
    if (last && body.kind === 'resolution') last.resolution = receipt;
  }
  return actions;
}

function judgeEffects({ db, targets }: Judged): string[] {
  const found: string[] = [];
  const intents = new Map([...attemptsOf(db).values()].flat().map((attempt) => [attempt.key, attempt.intent]));
  for (const { ordinal, key, order } of targets.sent) {
    const intent = intents.get(key);
    if (!intent || intent.ordinal !== ordinal) found.push(`I1: item ${ordinal} was sent without an intent`);
    else if (intent.order > order) found.push(`I1: item ${ordinal} was sent before its intent's commit`);
  }
  for (const [key, all] of Map.groupBy(targets.sent, (sent) => sent.key)) {
    const [first] = all;
    if (!first || all.length === 1) continue;
    // Several owners may each send once: one that lost its claim on the way may not know it yet.
    const again = all.filter((one) => one !== first);
    if (first.connector !== 'keyed')
      found.push(`I4: item ${first.ordinal} was sent ${all.length} times to ${first.connector} under ${key}`);
    if (again.some(({ bytes }) => bytes !== first.bytes)) found.push(`I4: item ${first.ordinal} was repeated with other bytes`);
    if (again.some(({ at }) => at - first.at >= KEYS_KEPT_MS))
      found.push(`I4: item ${first.ordinal} was repeated when its key was forgotten`);
  }
  for (const [key, all] of Map.groupBy(targets.effects, (effect) => effect.key))
    if (all.length > 1) found.push(`I4: ${all.length} effects of item ${all[0]?.ordinal} under ${key}`);
  return found;
}

function judgeTruth({ db, setup, targets }: Judged): string[] {
  const found: string[] = [];
  for (const [ordinal, attempts] of attemptsOf(db)) {
    for (const { key, outcome, resolution } of attempts) {
      const connector = setup.rows.find((row, index) => (row.ordinal ?? index + 1) === ordinal)?.connector;
      const happened =
        connector === 'inside'
          ? db.made.filter((one) => one.key === key).length
          : targets.effects.filter((one) => one.key === key).length;
      const result = isBySomebody(resolution) ? 'uncertain' : (resolution ?? outcome)?.result;
      if (result === 'succeeded' && happened === 0) found.push(`item ${ordinal} is said to have succeeded, and did not happen`);
      if (result === 'failed' && happened > 0) found.push(`item ${ordinal} is said to have failed, and happened`);
      const heldBack = outcome && reasonOf(outcome) === HELD_BACK;
      if (heldBack && targets.sent.some((one) => one.key === key))
        found.push(`item ${ordinal} is said not to have been sent, and was`);
      if (result === 'not_executed' && connector !== 'errand' && !heldBack)
        found.push(`item ${ordinal} is said not to be executed, and nobody said so`);
      if (result === 'not_executed' && happened > 0) found.push(`item ${ordinal} is said not to be executed, and happened`);
      if (happened > 1) found.push(`item ${ordinal} happened ${happened} times under ${key}`);
    }
    if (new Set(attempts.map(({ key }) => key)).size < attempts.length)
      found.push(`two attempts at item ${ordinal} have one key, under which its target says what it said`);
    const last = attempts.at(-1);
    if (!last?.outcome) found.push(`item ${ordinal} is left open`);
  }
  return found;
}

function judgeChain({ db, setup }: Judged): string[] {
  const found: string[] = [];
  const { told = 0 } = setup;
  db.receipts.forEach(({ seq }, index) => {
    if (seq !== told + index + 1) found.push(`receipt ${told + index + 1} has the number ${seq}`);
  });
  const stored = told + db.receipts.length;
  if (db.chunk.seq !== stored) found.push(`seq is ${db.chunk.seq} after ${stored} receipts`);
  const states = new Map<number, ActionState>();
  for (const [ordinal, chain] of Map.groupBy(db.receipts, (receipt) => receipt.ordinal)) {
    let state: ActionState = 'planned';
    chain.forEach((receipt, index) => {
      const body = bodyOf(receipt);
      const says = body.kind === 'decision' ? body : { ...body, result: 'result' in body ? body.result : null };
      for (const part of ['kind', 'ordinal', 'step', 'result'] as const)
        if (part in says && says[part as 'kind'] !== receipt[part])
          found.push(`receipt ${receipt.seq} is stored as ${receipt[part]}, and its body says ${says[part as 'kind']}`);
      if (receipt.step !== index + 1) found.push(`I2: step ${index + 1} of item ${ordinal} is numbered ${receipt.step}`);
      try {
        state = nextActionState(state, nameOf(receipt));
      } catch (error) {
        found.push(`I2: item ${ordinal}: ${(error as Error).message}`);
      }
    });
    states.set(ordinal, state);
  }
  const of = (...names: ActionState[]): number => [...states.values()].filter((state) => names.includes(state)).length;
  const rest = setup.rows.length - states.size;
  if (db.chunk.state === 'done' && rest > 0) found.push(`the chunk is done, and ${rest} of its actions were never tried`);
  const folded = {
    ...{ approved: setup.rows.length, done: of('succeeded'), failed: of('failed'), uncertain: of('uncertain', 'abandoned') },
    ...{ notExecuted: of('not_executed') + rest, inFlight: of('intent') },
  };
  for (const part of ['approved', 'done', 'failed', 'uncertain', 'notExecuted', 'inFlight'] as const)
    if (folded[part] !== db.chunk[part]) found.push(`the receipts say ${folded[part]} ${part}, the counter ${db.chunk[part]}`);
  return found;
}

function judgeOwners({ db, processes }: Judged): string[] {
  const found: string[] = [];
  for (const receipt of db.receipts) {
    const body = bodyOf(receipt);
    const owner = db.claims.findLast(({ order }) => order < receipt.order)?.epoch ?? 0;
    const epoch = 'epoch' in body ? body.epoch : processes.find(({ name }) => body.by === `worker:${name}`)?.epoch;
    if (epoch !== undefined && epoch !== owner)
      found.push(`I3: receipt ${receipt.seq} of epoch ${epoch} was written under epoch ${owner}`);
    if (receipt.kind === 'intent' && db.stops.some(({ from, to }) => receipt.order > from && receipt.order < to))
      found.push(`receipt ${receipt.seq} is an intent, and the chunk was being stopped`);
  }
  return found;
}

function judgeBounds({ db, processes, setup, targets }: Judged): string[] {
  const found: string[] = [];
  const slots = setup.serial ? 1 : (setup.execution?.concurrency ?? 8);
  for (const { name, mostSending } of processes)
    if (mostSending > slots) found.push(`${name} had ${mostSending} requests out at once, of ${slots}`);
  found.push(...judgeOpen({ db, setup }, slots));
  if (db.errands.most > slots) found.push(`${db.errands.most} errands were out at once, of ${slots}`);
  const rate = setup.execution?.ratePerSecond ?? null;
  if (rate !== null) {
    const at = db.receipts.filter(({ kind }) => kind === 'intent').map(({ committedAt }) => committedAt);
    // What was reserved for a second may go out together, and what had its turn may still be on its way to its commit.
    const together = Math.max(1, Math.floor(rate)) + slots;
    at.forEach((from, first) => {
      const last = at.findLastIndex((to) => to - from <= 1_000 / rate);
      if (last - first > 1 + together) found.push(`${last - first + 1} intents within the time of one, at ${rate} a second`);
    });
  }
  const most = setup.execution?.retry?.attempts ?? 3;
  for (const all of Map.groupBy(targets.sent, ({ key, by }) => `${key} ${by}`).values())
    if (all.length > most + 1) found.push(`item ${all[0]?.ordinal} was sent ${all.length} times by one owner, of ${most + 1}`);
  const noAttempts = new Set(
    db.receipts.filter((one) => NO_ATTEMPTS.includes(reasonOf(one) ?? '')).map(({ ordinal, step }) => `${ordinal} ${step - 1}`),
  );
  for (const [ordinal, intents] of Map.groupBy(
    db.receipts.filter(({ kind, ordinal: of, step }) => kind === 'intent' && !noAttempts.has(`${of} ${step}`)),
    (intent) => intent.ordinal,
  )) {
    const periods = Map.groupBy(intents, ({ order }) => db.retries.filter((asked) => asked < order).length);
    for (const all of periods.values())
      if (all.length > most) found.push(`item ${ordinal} was attempted ${all.length} times, of ${most}, and nobody asked`);
  }
  return found;
}

/** Without keys no intent is ahead of a free slot; with keys a few are, and with a rate none. */
function judgeOpen({ db, setup }: Pick<Judged, 'db' | 'setup'>, slots: number): string[] {
  const found: string[] = [];
  const mayBeAhead = !setup.serial && (setup.execution?.ratePerSecond ?? null) === null;
  const open = { keyed: new Set<number>(), others: new Set<number>() };
  for (const { ordinal, kind, seq } of db.receipts) {
    const connector = setup.rows.find((row, index) => (row.ordinal ?? index + 1) === ordinal)?.connector;
    // Those inside Countersign are begun many at once, and errands wait without a slot.
    if (connector === 'inside' || connector === 'errand') continue;
    const those = connector === 'keyed' ? open.keyed : open.others;
    if (kind === 'intent') those.add(ordinal);
    else those.delete(ordinal);
    const most = slots + (mayBeAhead && open.keyed.size > 0 ? Math.ceil(slots / 2) : 0);
    if (open.others.size > slots || open.keyed.size + open.others.size > most)
      found.push(
        `${open.keyed.size} intents with keys and ${open.others.size} without are open at receipt ${seq}, of ${slots} slots`,
      );
  }
  return found;
}

/** What an action becomes when this receipt follows. Throws where the table has no such transition (I2). */
function nextActionState(now: ActionState, receipt: ActionReceiptKind): ActionState {
  const transition = ACTION_TRANSITIONS[receipt];
  if (!(transition.from as readonly ActionState[]).includes(now)) throw new Error(`No ${receipt} receipt can follow ${now}.`);
  return transition.to;
}
