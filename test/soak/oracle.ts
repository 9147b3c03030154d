/**
 * The judge of the soak: what the receipts say against what happened. It reads the targets' synced logs, the rows that effects inside Countersign
 * are, and committed receipts, and asks none of the product's code.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type pg from 'pg';
import type { TargetLine } from '#test/target.ts';
import type { SoakBatch } from './batches.ts';

/** Each entry names an item whose receipts do not tell the truth, and how. */
export type Lie = { kind: LieKind; batch: string; ordinal: number; said: string };
export const LIE_KINDS = [
  'effectWithoutIntent',
  'doubleNotTold',
  'falseOutcome',
  'brokenChain',
  'sum',
  'leftOpen',
  'falseRecord',
] as const;
export type LieKind = (typeof LIE_KINDS)[number];

export type Verdict = {
  lies: Lie[];
  items: number;
  receipts: number;
  effects: number;
  /** of these, in a mailbox, in a database of somebody else, and by agents */
  mails: number;
  rows: number;
  errands: number;
  /** errands that were taken back before an agent had them */
  withdrawn: number;
  repeats: number;
  uncertain: number;
  /** ended by what the target said when it was asked */
  inspected: number;
  /** answered by a person */
  resolved: number;
  resolvedRightly: number;
  /** corrected items; revisions of the rules after the first; approvals of a chunk that needed no reason, for looks had proved enough; items reviewed again after a No */
  corrected: number;
  revisions: number;
  onLooks: number;
  again: number;
};

/**
 * What a target's own record says of one item: it was acted on, in ms by this machine's clock; a repeat was told for what it is; or a command was sent, whatever became of it.
 * `key`: of the attempt; null where it belongs to none.
 */
export type Happened = {
  target: 'web' | 'rows' | 'mails' | 'errands';
  key: string | null;
  ordinal: number;
  at: number;
  effect: true | 'repeat' | 'sent';
};

/** A record that the product does not know of. `pool`: of the soak's, for what there is no key to know it by. */
export type Witness = { happenedIn(pool: pg.Pool, batch: SoakBatch): Promise<Happened[]>; forget(batch: SoakBatch): void };

/** What a target's log says of one batch, by idempotency key. Read on from where it was read last. */
export class EffectLog implements Witness {
  readonly #file: string;
  readonly #byPath = new Map<string, TargetLine[]>();
  #offset = 0;
  #rest = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  async happenedIn(_pool: pg.Pool, { path }: SoakBatch): Promise<Happened[]> {
    this.#readOn();
    return (this.#byPath.get(path) ?? []).map(({ key, body, at, effect }) => ({
      ...{ target: 'web', key, ordinal: Number(/"mail (\d+)"/.exec(body)?.[1]), at: Date.parse(at), effect },
    }));
  }

  forget({ path }: SoakBatch): void {
    this.#byPath.delete(path);
  }

  #readOn(): void {
    if (!existsSync(this.#file)) return;
    const file = openSync(this.#file, 'r');
    const page = Buffer.alloc(1024 ** 2);
    try {
      for (let read = -1; read !== 0; ) {
        read = readSync(file, page, 0, page.length, this.#offset);
        this.#offset += read;
        this.#rest = Buffer.concat([this.#rest, page.subarray(0, read)]);
        const end = this.#rest.lastIndexOf(0x0a) + 1;
        for (const line of this.#rest.subarray(0, end).toString('utf8').split('\n'))
          if (line !== '') this.#keep(JSON.parse(line));
        this.#rest = this.#rest.subarray(end);
      }
    } finally {
      closeSync(file);
    }
  }

  #keep(line: TargetLine): void {
    const own = this.#byPath.get(line.path);
    if (own) own.push(line);
    else this.#byPath.set(line.path, [line]);
  }
}

type Row = {
  chunk: number;
  seq: number;
  ordinal: number;
  step: number;
  kind: 'intent' | 'outcome' | 'resolution';
  result: string | null;
  body: string;
  committedMs: number;
};
type Body = {
  idempotencyKey?: string;
  epoch?: number;
  attempt: number;
  reason?: string | null;
  evidence?: string;
  action?: { connector: string };
  request?: string;
};
type Attempt = { key: string; connector: string; request: string; intentCommittedMs: number; ended: Row[]; said: string | null };

/** Judges one batch that nobody works on any more. `open`: the items that the product lists as uncertain. */
export async function judge(pool: pg.Pool, witnesses: readonly Witness[], batch: SoakBatch, open: number[]): Promise<Verdict> {
  const rows = await receiptsOf(pool, batch.batchId);
  const seen = (await Promise.all(witnesses.map((witness) => witness.happenedIn(pool, batch)))).flat();
  const inside = await insideEffects(pool, batch.batchId);
  const lies: Lie[] = [];
  const lie = (kind: LieKind, ordinal: number, said: string): void => {
    lies.push({ kind, batch: batch.name, ordinal, said });
  };

  const { attempts, byKey } = chains(rows, lie);
  const happened = new Map<string, number>();
  const inBoth = await requestsForBoth(pool, batch.batchId);
  const parts = new Map<string, Set<string>>();
  const acts = seen.filter(({ effect }) => effect === true);
  for (const { key: under, ordinal, at } of acts) {
    const key = under ?? '';
    happened.set(key, (happened.get(key) ?? 0) + 1);
    const intent = byKey.get(key);
    if (!intent || intent.ordinal !== ordinal)
      lie('effectWithoutIntent', ordinal, `acted on under the key ${key}, of which no receipt knows`);
    // A log's times end at the millisecond.
    else if (at < Math.floor(intent.committedMs))
      lie('effectWithoutIntent', ordinal, `acted on at ${new Date(at).toISOString()}, before its intent was committed`);
  }
  for (const { key, ordinal, place } of inside) {
    const places = parts.get(key) ?? new Set();
    // One action may leave a task and an entry on the shelf: once each is once.
    if (places.size === 0 || places.has(place)) happened.set(key, (happened.get(key) ?? 0) + 1);
    parts.set(key, places.add(place));
    if (byKey.get(key)?.ordinal !== ordinal) lie('effectWithoutIntent', ordinal, `made inside Countersign under the key ${key}`);
  }

  const sent = Map.groupBy(
    seen.filter(({ effect }) => effect === 'sent'),
    ({ key }) => key,
  );
  for (const [key, own] of sent)
    if (key !== null && own.length > 1)
      lie('doubleNotTold', own[0]?.ordinal ?? 0, `sent ${own.length} times under the key ${key}`);

  const actsOf = (target: Happened['target']): number => acts.filter((one) => one.target === target).length;
  const found: Verdict = {
    lies,
    items: batch.items,
    receipts: rows.length,
    effects: inside.length + acts.length,
    mails: actsOf('mails'),
    rows: actsOf('rows'),
    errands: actsOf('errands'),
    withdrawn: rows.filter(({ kind, body }) => kind === 'outcome' && (JSON.parse(body) as Body).reason === 'withdrawn').length,
    repeats: 0,
    uncertain: 0,
    inspected: 0,
    resolved: 0,
    resolvedRightly: 0,
    ...(await peopleIn(pool, batch)),
  };
  found.repeats = seen.filter(({ effect }) => effect === 'repeat').length;
  for (const [ordinal, own] of attempts) {
    for (const { key, connector, request, ended, said } of own) {
      const count = happened.get(key) ?? 0;
      if (count > 0 && parts.has(key) && parts.get(key)?.size !== (inBoth.has(request) ? 2 : 1))
        lie('falseOutcome', ordinal, `acted on in ${[...(parts.get(key) ?? [])].join(' and ')} only, or too far`);
      if (count > 1) lie('doubleNotTold', ordinal, `acted on ${count} times under the key ${key}`);
      const sure = said !== null && said !== 'uncertain' && said !== 'abandoned';
      if (sure && connector !== 'none' && (said === 'succeeded') !== count > 0)
        lie('falseOutcome', ordinal, `${said}, ${count > 0 ? 'yet acted on' : 'yet not acted on'}`);
      if (said === null) lie('leftOpen', ordinal, 'an intent without an outcome, and nobody works on it');
      if (said === 'uncertain' && !open.includes(ordinal)) lie('leftOpen', ordinal, 'uncertain, and not listed as that');
      if (ended.some(({ kind, result }) => kind === 'outcome' && result === 'uncertain')) found.uncertain += 1;
      const answer = ended.find(({ kind }) => kind === 'resolution');
      if (!answer) continue;
      if ((JSON.parse(answer.body) as Body).evidence === 'inspection') {
        found.inspected += 1;
        continue;
      }
      found.resolved += 1;
      if ((answer.result === 'succeeded') === count > 0) found.resolvedRightly += 1;
    }
  }
  await judgeSequence(pool, batch, rows, lie);
  await judgePeople(pool, batch, lie);
  await judgeClassifications(pool, batch, lie);
  await judgeRest(pool, batch, lie);
  return found;
}

/** Every action's receipts, as the lifecycle in the design has them: a chain of attempts, each an intent, an outcome, perhaps an answer. */
function chains(rows: Row[], lie: (kind: LieKind, ordinal: number, said: string) => void) {
  const attempts = new Map<number, Attempt[]>();
  const byKey = new Map<string, Row>();
  const epochs = new Map<number, number>();
  for (const row of rows) {
    const body = JSON.parse(row.body) as Body;
    const own = attempts.get(row.ordinal) ?? [];
    attempts.set(row.ordinal, own);
    const last = own.at(-1);
    const steps = own.reduce((sum, { ended }) => sum + 1 + ended.length, 0);
    if (row.step !== steps + 1) lie('brokenChain', row.ordinal, `step ${row.step} comes after ${steps} receipts`);
    // seq is the order in which the chunk's receipts were committed (I3): an epoch after a higher one is a zombie's.
    if (body.epoch !== undefined) {
      if (body.epoch < (epochs.get(row.chunk) ?? 0))
        lie('brokenChain', row.ordinal, `a receipt under epoch ${body.epoch}, which was over`);
      epochs.set(row.chunk, Math.max(body.epoch, epochs.get(row.chunk) ?? 0));
    }
    if (row.kind === 'intent') {
      const may = last === undefined || last.said === 'failed' || last.said === 'not_executed';
      if (!may) lie('brokenChain', row.ordinal, `a new attempt after ${last?.said ?? 'an intent without an outcome'}`);
      const key = body.idempotencyKey ?? '';
      if (byKey.has(key)) lie('brokenChain', row.ordinal, `two attempts under the key ${key}`);
      byKey.set(key, row);
      const { action, request = '' } = body;
      own.push({ key, connector: action?.connector ?? '', request, intentCommittedMs: row.committedMs, ended: [], said: null });
      continue;
    }
    const may = row.kind === 'outcome' ? last !== undefined && last.said === null : last?.said === 'uncertain';
    if (!last || !may) {
      lie('brokenChain', row.ordinal, `${row.kind} ${row.result} after ${last?.said ?? 'nothing'}`);
      continue;
    }
    last.ended.push(row);
    last.said = row.result;
  }
  return { attempts, byKey };
}

/** The numbers have no gap, and every approved action of a chunk that was executed has its chain. */
async function judgeSequence(
  pool: pg.Pool,
  batch: SoakBatch,
  rows: Row[],
  lie: (kind: LieKind, ordinal: number, said: string) => void,
) {
  const { rows: chunks } = await pool.query<{ number: number; seq: number; stored: number; most: number }>(
    `SELECT c.number, c.seq, (SELECT count(*)::int FROM receipt r WHERE r.batch_id = c.batch_id AND r.chunk = c.number) AS stored,
       (SELECT coalesce(max(seq), 0) FROM receipt r WHERE r.batch_id = c.batch_id AND r.chunk = c.number) AS most
     FROM chunk c WHERE c.batch_id = $1`,
    [batch.batchId],
  );
  for (const { number, seq, stored, most } of chunks)
    if (seq !== stored || seq !== most)
      lie('sum', 0, `chunk ${number} counts ${seq} receipts; ${stored} are stored, the last is number ${most}`);
  const begun = new Set(rows.map(({ ordinal }) => ordinal));
  const { rows: approved } = await pool.query<{ ordinal: number }>(
    `SELECT m.ordinal FROM manifest_row m JOIN chunk c ON c.id = m.chunk_id AND c.decision_id = m.decision_id
     WHERE c.batch_id = $1 AND c.state IN ('done', 'unresolved') AND m.connector IS NOT NULL`,
    [batch.batchId],
  );
  for (const { ordinal } of approved)
    if (!begun.has(ordinal)) lie('leftOpen', ordinal, 'approved, in a chunk that is done, without any receipt');
}

/** What people did in a batch, so that a soak whose person does nothing is seen to be one. */
async function peopleIn(pool: pg.Pool, { batchId }: SoakBatch): Promise<Pick<Verdict, Deeds>> {
  const { rows } = await pool.query<Pick<Verdict, Deeds>>(
    `SELECT (SELECT count(*)::int FROM correction WHERE batch_id = $1) AS corrected, (SELECT count(*)::int FROM batch_plan WHERE batch_id = $1) AS revisions,
       (SELECT count(*)::int FROM receipt r CROSS JOIN LATERAL (SELECT convert_from(r.body, 'UTF8')::jsonb AS says) s
        WHERE r.batch_id = $1 AND r.kind = 'decision' AND says #> '{answers,execute}' = 'true' AND says -> 'overrides' = '[]') AS "onLooks",
       (SELECT count(*)::int FROM batch b JOIN chunk_item m ON m.batch_id = b.id WHERE b.id = $1 AND b.rest_of IS NOT NULL) AS again`,
    [batchId],
  );
  return rows[0] ?? { corrected: 0, revisions: 0, onLooks: 0, again: 0 };
}

type Deeds = 'corrected' | 'revisions' | 'onLooks' | 'again';

type Told = {
  chunk: number;
  seq: number;
  ordinal: number | null;
  step: number | null;
  kind: string;
  body: string;
  values: Record<string, { salt: string; value: string }>;
};
type Correction = { ordinal: number; from: string; to: string; by: string; revision: number };

/** What is no step of an action has neither item nor step; words of people are committed to; each correction is in the receipt that it names, and marked. */
async function judgePeople(pool: pg.Pool, batch: SoakBatch, lie: (kind: LieKind, ordinal: number, said: string) => void) {
  const told = await toldOf(pool, batch.batchId);
  for (const { chunk, seq, ordinal, step, kind, body, values } of told) {
    const says = JSON.parse(body) as Record<string, unknown>;
    const where = `${kind} ${chunk}.${seq}`;
    if (ordinal !== null || step !== null) lie('falseRecord', ordinal ?? 0, `${where} is stored as step ${step} of an action`);
    if ((chunk === 0) !== ['start', 'plan', 'closing'].includes(kind)) lie('falseRecord', 0, `${where} does not belong there`);
    if (kind === 'decision' && says.v !== 2) lie('falseRecord', 0, `${where} is of version ${says.v}`);
    for (const word of ['note', 'override', 'instruction']) {
      const value = values[word];
      const committed = value ? sha256(Buffer.from(value.salt, 'hex'), value.value) : null;
      if ((says[word] ?? null) !== committed) lie('falseRecord', 0, `${where} does not commit to its ${word}`);
    }
  }
  const { rows: corrections } = await pool.query<Correction & { chunk: number; seq: number; wrong: boolean }>(
    `SELECT ordinal, "from", "to", "by", revision, chunk, seq, EXISTS (SELECT FROM review r WHERE r.batch_id = c.batch_id AND r.ordinal = c.ordinal
       AND r.category = c."from" AND r.verdict = 'wrong' AND r."by" = c."by") AS wrong FROM correction c WHERE batch_id = $1`,
    [batch.batchId],
  );
  const receipts = new Map<string, { count: number; of: Correction & { ordinals: [number, number][] } }>();
  for (const { chunk, seq, kind, body } of told)
    if (kind === 'correction') receipts.set(`${chunk}.${seq}`, { count: 0, of: JSON.parse(body) });
  for (const { ordinal, chunk, seq, wrong, ...made } of corrections) {
    const receipt = receipts.get(`${chunk}.${seq}`);
    if (receipt) receipt.count += 1;
    const { from, to, by, revision, ordinals = [] } = receipt?.of ?? {};
    const same = made.from === from && made.to === to && made.by === by && made.revision === revision;
    if (!same || !ordinals.some(([first, last]) => first <= ordinal && ordinal <= last))
      lie('falseRecord', ordinal, `corrected from ${made.from} to ${made.to}, and receipt ${chunk}.${seq} does not say so`);
    // In the soak nobody moves an item twice: each was moved away from what a classifier gave.
    if (!wrong) lie('falseRecord', ordinal, `corrected from ${made.from}, and that is not marked as wrong`);
  }
  for (const [place, { count, of }] of receipts)
    if (count !== of.ordinals.reduce((sum, [first, last]) => sum + last - first + 1, 0))
      lie('falseRecord', 0, `receipt ${place} tells of other corrections than the ${count} that name it`);
}

type Classified = {
  ordinal: number;
  chunk: number;
  kind: string;
  category: string;
  by: string;
  part: number | null;
  planRevision: number;
  /** who corrected it last, and where to */
  corrector: string | null;
  corrected: string | null;
};
type SoakRule = { when?: string; category: string };

/**
 * Each item is what the rules of its chunk's revision say of it, or what a person said of it last; each revision is in the receipts, holds for the chunks that they name, and
 * is the one that a chunk's approval names. The soak's rules ask for one value of one field each, so that nothing of the product is needed to know what they say.
 */
async function judgeClassifications(
  pool: pg.Pool,
  batch: SoakBatch,
  lie: (kind: LieKind, ordinal: number, said: string) => void,
) {
  const { rows: plans } = await pool.query<{
    revision: number;
    plan: { classifier: { rules: SoakRule[]; otherwise: string } };
    undo: boolean;
  }>(
    `SELECT 1 AS revision, plan, undoes IS NOT NULL AS undo FROM batch WHERE id = $1
     UNION ALL SELECT revision, plan, false FROM batch_plan WHERE batch_id = $1 ORDER BY revision`,
    [batch.batchId],
  );
  if (plans.some(({ undo }) => undo)) return;
  const { rows } = await pool.query<Classified>(
    `SELECT a.ordinal, c.number AS chunk, i.fields ->> 'kind' AS kind, a.category, a."by", a.part, c.plan_revision AS "planRevision",
       k."by" AS corrector, k."to" AS corrected
     FROM classification a JOIN chunk c ON c.id = a.chunk_id JOIN batch b ON b.id = a.batch_id
     JOIN item i ON i.dataset_id = b.dataset_id AND i.ordinal = a.ordinal
     -- What people had corrected stays so where it is reviewed again.
     LEFT JOIN LATERAL (SELECT "by", "to" FROM correction k WHERE k.batch_id IN (a.batch_id, b.rest_of) AND k.ordinal = a.ordinal
       ORDER BY k.batch_id = a.batch_id DESC, id DESC LIMIT 1) k ON true
     WHERE a.batch_id = $1`,
    [batch.batchId],
  );
  for (const { ordinal, kind, category, by, part, planRevision, corrector, corrected } of rows) {
    if (corrector !== null) {
      if (by !== corrector || category !== corrected)
        lie('falseRecord', ordinal, `corrected to ${corrected} by ${corrector}, and it is ${category} by ${by}`);
      continue;
    }
    const classifier = plans.find(({ revision }) => revision === planRevision)?.plan.classifier;
    const place = classifier?.rules.findIndex(({ when = '' }) => ASKS.exec(when)?.[1] === kind) ?? -1;
    const expected = classifier?.rules[place]?.category ?? classifier?.otherwise;
    if (category !== expected || part !== place)
      lie('falseRecord', ordinal, `${category} by rule ${part}, and revision ${planRevision} says ${expected} by rule ${place}`);
  }
  await judgeRevisions(
    pool,
    batch,
    plans.map(({ revision }) => revision),
    lie,
  );
}

/** `item.kind == 'keep'`, and as a correction teaches it. */
const ASKS = /^item(?:\.kind|\["kind"\]) == ['"]([a-z]+)['"]$/;

async function judgeRevisions(
  pool: pg.Pool,
  batch: SoakBatch,
  revisions: readonly number[],
  lie: (kind: LieKind, ordinal: number, said: string) => void,
) {
  if (revisions.some((revision, at) => revision !== at + 1))
    lie('falseRecord', 0, `the rules have the revisions ${revisions.join(', ')}`);
  const told = await toldOf(pool, batch.batchId);
  const holds = new Map<number, number>();
  for (const { kind, body } of told) {
    if (kind !== 'plan') continue;
    const { revision, chunks } = JSON.parse(body) as { revision: number; chunks: [number, number][] };
    if (!revisions.includes(revision)) lie('falseRecord', 0, `a receipt tells of revision ${revision}, which there is not`);
    for (const [first, last] of chunks) for (let number = first; number <= last; number += 1) holds.set(number, revision);
  }
  const { rows: chunks } = await pool.query<{ number: number; planRevision: number }>(
    'SELECT number, plan_revision AS "planRevision" FROM chunk WHERE batch_id = $1',
    [batch.batchId],
  );
  for (const { number, planRevision } of chunks)
    if (planRevision !== (holds.get(number) ?? 1))
      lie('falseRecord', 0, `chunk ${number} goes by revision ${planRevision}, and the receipts say ${holds.get(number) ?? 1}`);
  for (const { chunk, seq, kind, body } of told) {
    const { answers, plan } = JSON.parse(body) as { answers?: { execute: boolean }; plan?: number };
    if (kind === 'decision' && answers?.execute && plan !== (holds.get(chunk) ?? 1))
      lie('falseRecord', 0, `decision ${chunk}.${seq} goes by revision ${plan}, and chunk ${chunk} by ${holds.get(chunk) ?? 1}`);
  }
}

/** Judges the receipts of the batch itself, once it is over: one start, numbers without a gap, and a last closing that tells of all that is stored. */
export async function judgeEnd(pool: pg.Pool, batch: SoakBatch): Promise<Lie[]> {
  const lies: Lie[] = [];
  const lie = (said: string): void => {
    lies.push({ kind: 'falseRecord', batch: batch.name, ordinal: 0, said });
  };
  const own = (await toldOf(pool, batch.batchId)).filter(({ chunk }) => chunk === 0);
  const { rows } = await pool.query<{ state: string; seq: number }>('SELECT state, seq FROM batch WHERE id = $1', [
    batch.batchId,
  ]);
  const { state, seq = 0 } = rows[0] ?? {};
  if (own.length !== seq || own.some((one, index) => one.seq !== index + 1))
    lie(`the batch counts ${seq} receipts of its own; stored are ${own.map((one) => one.seq).join(', ') || 'none'}`);
  const [first, ...later] = own;
  if (first?.kind !== 'start' || later.some(({ kind }) => kind !== 'closing' && kind !== 'plan'))
    lie(`the batch has ${own.map(({ kind }) => kind).join(', ') || 'no receipts of its own'}`);
  const closings = own.filter(({ kind }) => kind === 'closing');
  const last = closings.at(-1);
  if (!last)
    return [...lies, { kind: 'falseRecord', batch: batch.name, ordinal: 0, said: `the batch is ${state}, without a closing` }];
  const closing = JSON.parse(last.body) as { state: string; seqs: string; receipts: number };
  const { rows: chunks } = await pool.query<{ number: number; stored: number }>(
    `SELECT c.number, (SELECT count(*)::int FROM receipt r WHERE r.batch_id = c.batch_id AND r.chunk = c.number) AS stored
     FROM chunk c WHERE c.batch_id = $1 ORDER BY c.number`,
    [batch.batchId],
  );
  const lines = [{ number: 0, stored: last.seq - 1 }, ...chunks];
  if (closing.seqs !== sha256(lines.map(({ number, stored }) => `${number} ${stored}\n`).join('')))
    lie('the last closing tells of other receipts than are stored');
  if (closing.receipts !== lines.reduce((sum, { stored }) => sum + stored, 0)) lie(`the last closing counts ${closing.receipts}`);
  if (closing.state !== state) lie(`the last closing says ${closing.state}, and the batch is ${state}`);
  if (closings.slice(1).some(({ body }) => (JSON.parse(body) as { seed: unknown }).seed !== null))
    lie('a later closing reveals the seed again');
  return lies;
}

/**
 * Of a batch that reviews again what another one left unsent: no item is in two of them, and none is sent that the other one had sent, may have sent, or did and has not
 * undone. What each of them did was judged by the targets' logs; here their receipts are held against each other.
 */
async function judgeRest(pool: pg.Pool, batch: SoakBatch, lie: (kind: LieKind, ordinal: number, said: string) => void) {
  const { rows } = await pool.query<{
    ordinal: number;
    elsewhere: string | null;
    before: string | null;
    undone: boolean;
    sent: boolean;
  }>(
    `SELECT m.ordinal, (SELECT o.name FROM batch o JOIN chunk_item x ON x.batch_id = o.id AND x.ordinal = m.ordinal
         WHERE o.rest_of = b.rest_of AND o.id <> b.id LIMIT 1) AS elsewhere,
       (SELECT coalesce(result, kind) FROM receipt WHERE batch_id = b.rest_of AND ordinal = m.ordinal ORDER BY step DESC LIMIT 1) AS before,
       EXISTS (SELECT FROM batch u JOIN receipt r ON r.batch_id = u.id AND r.ordinal = m.ordinal AND r.result = 'succeeded' WHERE u.undoes = b.rest_of) AS undone,
       EXISTS (SELECT FROM receipt WHERE batch_id = b.id AND ordinal = m.ordinal AND kind = 'intent') AS sent
     FROM batch b JOIN chunk_item m ON m.batch_id = b.id WHERE b.id = $1 AND b.rest_of IS NOT NULL ORDER BY m.ordinal`,
    [batch.batchId],
  );
  for (const { ordinal, elsewhere, before, undone, sent } of rows) {
    if (elsewhere !== null) lie('falseRecord', ordinal, `reviewed again here, and in ${elsewhere}`);
    if (!sent || undone || before === null || ['failed', 'skipped', 'not_executed'].includes(before)) continue;
    lie('doubleNotTold', ordinal, `sent again, and the batch that left it says ${before}`);
  }
}

/** All that is no step of an action. */
async function toldOf(pool: pg.Pool, batchId: string): Promise<Told[]> {
  const { rows } = await pool.query<Told>(
    `SELECT chunk, seq, ordinal, step, kind, convert_from(body, 'UTF8') AS body,
       (SELECT coalesce(json_object_agg(field, json_build_object('salt', encode(salt, 'hex'), 'value', value)), '{}') FROM receipt_value v
        WHERE v.batch_id = r.batch_id AND v.chunk = r.chunk AND v.seq = r.seq) AS values
     FROM receipt r WHERE batch_id = $1 AND kind NOT IN ('intent', 'outcome', 'resolution') ORDER BY chunk, seq`,
    [batchId],
  );
  return rows;
}

function sha256(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** The receipts of one item, for a person who looks for the cause of a lie. */
export async function receiptsOfItem(pool: pg.Pool, batchId: string, ordinal: number): Promise<string[]> {
  const rows = (await receiptsOf(pool, batchId)).filter((row) => row.ordinal === ordinal);
  return rows.map(({ seq, committedMs, body }) => `seq ${seq}, committed ${new Date(committedMs).toISOString()}: ${body}`);
}

/** What is true of an uncertain action: whether its last attempt was acted on. */
export async function truthOf(
  pool: pg.Pool,
  witnesses: readonly Witness[],
  batch: SoakBatch,
  keys: Map<number, string>,
): Promise<Map<number, boolean>> {
  const seen = (await Promise.all(witnesses.map((witness) => witness.happenedIn(pool, batch)))).flat();
  const acted = new Set(seen.flatMap(({ effect, key }) => (effect === true && key !== null ? [key] : [])));
  return new Map([...keys].map(([ordinal, key]) => [ordinal, acted.has(key)]));
}

type Inside = { key: string; ordinal: number; place: 'shelf' | 'tasks' };

async function insideEffects(pool: pg.Pool, batchId: string): Promise<Inside[]> {
  const { rows } = await pool.query<Inside>(
    `SELECT idempotency_key AS key, ordinal, 'shelf' AS place FROM shelf_entry WHERE batch_id = $1
     UNION ALL SELECT idempotency_key, ordinal, 'tasks' FROM follow_up WHERE batch_id = $1
     -- An undo leaves its key on what it changed. A batch may have several: what another one of them says that it did is that one's.
     UNION ALL SELECT s.changed_by, s.ordinal, 'shelf' FROM shelf_entry s JOIN batch u ON u.undoes = s.batch_id WHERE u.id = $1 AND s.changed_by IS NOT NULL AND NOT ${ofAnotherUndo('s')}
     UNION ALL SELECT f.changed_by, f.ordinal, 'tasks' FROM follow_up f JOIN batch u ON u.undoes = f.batch_id WHERE u.id = $1 AND f.changed_by IS NOT NULL AND NOT ${ofAnotherUndo('f')}`,
    [batchId],
  );
  return rows;
}

const ofAnotherUndo = (made: string): string => `EXISTS (
  SELECT FROM batch o JOIN receipt r ON r.batch_id = o.id AND r.ordinal = ${made}.ordinal AND r.kind = 'intent'
  WHERE o.undoes = u.undoes AND o.id <> u.id AND convert_from(r.body, 'UTF8')::jsonb ->> 'idempotencyKey' = ${made}.changed_by)`;

/** The digests of the requests that ask for a task and a place on the shelf in one. */
async function requestsForBoth(pool: pg.Pool, batchId: string): Promise<Set<string>> {
  const { rows } = await pool.query<{ digest: string }>(
    `SELECT DISTINCT encode(digest, 'hex') AS digest FROM manifest_row m JOIN chunk c ON c.id = m.chunk_id JOIN frozen_request f ON f.digest = m.request_digest
     WHERE c.batch_id = $1 AND convert_from(f.bytes, 'UTF8') LIKE '%"thenShelf":%'`,
    [batchId],
  );
  return new Set(rows.map(({ digest }) => digest));
}

async function receiptsOf(pool: pg.Pool, batchId: string): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    `SELECT chunk, seq, ordinal, step, kind, result, convert_from(body, 'UTF8') AS body,
       (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::float8 AS "committedMs"
     FROM receipt WHERE batch_id = $1 AND ordinal IS NOT NULL ORDER BY chunk, seq`,
    [batchId],
  );
  return rows;
}
