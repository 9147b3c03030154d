/**
 * One item's whole story: from the line of the file to what became of it. Each line says who, when, and which receipt says so. What may have been altered in the
 * database is shown as altered, and never stands in the way of the rest.
 */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { partInWords } from '#lib/classifiers/registry.ts';
import { SAMPLE_FIELD_CHARS_MAX, SAMPLE_TEXT_CHARS_MAX } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { AGENTS } from '#lib/core/people/key-actor.ts';
import { ERASED, NOT_GIVEN } from '#lib/core/receipts/receipt-line.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import { leafHash } from '#lib/ledger/canonical.ts';
import { type ReceiptBody, readReceipt } from '#lib/ledger/receipt.ts';
import { VERDICTS } from '#lib/shapes/evidence.ts';
import type { Origin } from '#lib/shapes/models.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import type { Story, StoryLine } from '#lib/shapes/stories.ts';
import type { ReceiptLink } from '#lib/shapes/undo.ts';
import { drawnOf, labelsOf, nounOf } from '#lib/steps/datasets/noun.ts';
import { inOrder } from '#lib/steps/datasets/read-datasets.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { originOf } from '#lib/steps/models/told.ts';
import { byRulesOf } from '#lib/steps/plans/plan-of-chunk.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { readUndoLinks } from '#lib/steps/undo/read-undo-links.ts';
import { type BatchFacts, readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readClaimOf } from '#lib/store/chunks/agent-claims.sql.ts';
import { isPersons } from '#lib/store/chunks/given-by.ts';
import { type DatasetHead, readDatasetHead } from '#lib/store/datasets/datasets.ts';
import { readItemWithRaw } from '#lib/store/datasets/found-items.sql.ts';
import { readStoredReading } from '#lib/store/datasets/readings.sql.ts';
import { readWorkerNames } from '#lib/store/fleet/workers.ts';
import {
  type CorrectionRow,
  readAgainIn,
  readChunkPlaces,
  readOwnValues,
  readSaid,
  readSeenIn,
  readStartSeq,
  readStoryHead,
  type StoryHead,
} from '#lib/store/items/story.sql.ts';
import { readOrigin } from '#lib/store/models/spend.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readReceiptsAt, readStory as readSteps, type StoredReceipt } from '#lib/store/receipts/receipt-reads.sql.ts';

type Which = { batchId: string; ordinal: number };
type Names = ReadonlyMap<string, string>;
/** A receipt as it is told, and whether it is still what was stored. */
type Told = { row: ReceiptRow; altered: boolean };

/** Null when there is no such batch, or it has no such item. Whoever may not see items gets the receipt fields only. */
export async function readStory(actor: Actor, { batchId, ordinal }: Which): Promise<Story | null> {
  authorise(actor, 'see_batches');
  const { pool } = db();
  const facts = isId(batchId) && isNumber(ordinal) ? await readBatchFacts(pool, batchId) : null;
  const head = facts && (await readStoryHead(pool, batchId, facts.datasetId, ordinal));
  if (!facts || !head) return null;
  await tellOpened(actor, 'batch_opened', facts);
  const batch = await byRulesOf(facts, head);
  const sees = may(actor, 'see');
  const [dataset, steps, places, said, seen, start, links, again, given, claim] = await Promise.all([
    readDatasetHead(db(), batch.datasetId),
    readSteps(pool, batchId, ordinal),
    readChunkPlaces(pool, batchId, head.chunk),
    readSaid(pool, batchId, ordinal),
    readSeenIn(pool, head.chunkId, ordinal),
    readStartSeq(pool, batchId),
    readUndoLinks(actor, { batchId, ordinal }),
    readAgainIn(pool, batchId, ordinal),
    readOrigin(pool, head.chunkId, ordinal),
    readClaimOf(pool, head.chunkId, ordinal),
  ]);
  const atChunk = await readReceiptsAt(pool, batchId, [...places, ...(start === null ? [] : [{ chunk: 0, seq: start }])]);
  const about = atChunk.filter(
    (stored) => stored.kind !== 'correction' || names(stored, ordinal) || isNamedBy(said.corrections, stored),
  );
  const told = await tell(batch, [...about, ...steps], { ordinal, sees });
  const others = await tellElsewhere([...(links.undoes ? [links.undoes] : []), ...links.undoneBy]);
  const people = await namesOf([
    ...[...told.values(), ...others.values()].map(({ row }) => String(row.body.by ?? '')),
    ...[...said.marks, ...said.corrections].map(({ by }) => by),
    ...[head.by, dataset?.createdBy, dataset?.deletedBy, batch.startedBy].flatMap((by) => by ?? []),
  ]);
  const of = { batch, head, people, told, ordinal, sees };
  const item = sees && dataset && dataset.deletedAt === null ? await itemOf(batch, ordinal) : null;
  const happened = [
    ...correctionsOf(of, said.corrections, await notesOf(batchId, about)),
    ...said.marks.flatMap(({ verdict, category, by, at }): StoryLine[] => {
      // Whoever files what was left unsure calls nothing wrong.
      if (verdict !== 'right' && said.corrections.some((one) => one.unsure && one.from === category)) return [];
      const known = VERDICTS.find((one) => one === verdict);
      return known ? [{ kind: 'marked', verdict: known, category, ...when(at), by: actorName(by, people), receipt: null }] : [];
    }),
    ...decisionsOf(of, seen),
    ...stepsOf(of, steps, sees ? await readOwnValues(pool, batchId, steps, 'answer') : new Map()),
  ];
  const elsewhere = (link: ReceiptLink, kind: 'undoes' | 'undone'): StoryLine => ({
    ...{ kind, ...whoOf(others.get(`${link.batchId}.${link.chunk}.${link.seq}`) ?? null, people), receipt: null },
    link: { ...link, ordinal },
  });
  const againIn = (link: { batchId: string; batchName: string }, there: 'before' | 'after'): StoryLine => ({
    ...{ kind: 'again', there, at: null, by: null, receipt: null, link: { ...link, ordinal } },
  });
  return {
    batch: { id: batch.id, name: batch.name },
    chunk: { number: head.chunk, name: head.chunkName },
    ordinal,
    noun: nounOf(batch.datasetFormat),
    labels: labelsOf(batch.datasetFormat),
    datasetId: batch.datasetId,
    drawn: drawnOf(batch.datasetFormat),
    category: head.category,
    result: steps.at(-1)?.result ?? null,
    fields: fieldsOf(of, steps.at(-1), item),
    item,
    lines: [
      ...(links.undoes ? [elsewhere(links.undoes, 'undoes')] : await readLine(of, dataset)),
      ...(batch.restOf ? [againIn({ batchId: batch.restOf.id, batchName: batch.restOf.name }, 'before')] : []),
      ...(batch.startedAt ? [startedLine(of, start)] : []),
      ...classifiedLine(of, said.corrections[0], { origin: given && originOf(given), claim }),
      ...happened.sort((one, other) => byTime(one, other)),
      ...links.undoneBy.map((link) => elsewhere(link, 'undone')),
      ...again.map((link) => againIn(link, 'after')),
    ],
  };
}

type Of = { batch: BatchFacts; head: StoryHead; people: Names; told: Map<string, Told>; ordinal: number; sees: boolean };

const when = (at: Date | null | undefined) => ({ at: at?.toISOString() ?? null });

/** A sort keeps the order of what happened at once: the receipts of a chunk are in that of their numbers. */
function byTime({ at: one }: StoryLine, { at: other }: StoryLine): number {
  return (one ?? '') < (other ?? '') ? -1 : Number((one ?? '') > (other ?? ''));
}

/** Receipts by "chunk.seq". */
async function tell(batch: BatchFacts, stored: readonly StoredReceipt[], of: { ordinal: number; sees: boolean }) {
  const rows = await receiptReader(db(), batch, of).rows(stored);
  return new Map(
    stored.map((one, index): [string, Told] => [
      `${one.chunk}.${one.seq}`,
      { row: rows[index] as ReceiptRow, altered: !isIntact(batch.id, one) },
    ]),
  );
}

/** Receipts of other batches by "batch.chunk.seq". */
async function tellElsewhere(links: readonly ReceiptLink[]): Promise<Map<string, Told>> {
  const told = new Map<string, Told>();
  for (const { batchId, chunk, seq } of links) {
    const batch = await readBatchFacts(db().pool, batchId);
    const stored = batch && (await readReceiptsAt(db().pool, batchId, [{ chunk, seq }]));
    for (const [place, one] of stored ? await tell(batch, stored, { ordinal: 0, sees: false }) : [])
      told.set(`${batchId}.${place}`, one);
  }
  return told;
}

/** Whether the bytes give the hash, are a receipt, and say what the columns beside them say. */
function isIntact(batchId: string, { body, leaf, kind, chunk, ordinal, step, result }: StoredReceipt): boolean {
  if (leafHash(body).toString('hex') !== leaf) return false;
  try {
    const read = readReceipt(body);
    const is = { ordinal: null, step: null, result: null, ...read };
    return (
      is.batch === batchId &&
      is.kind === kind &&
      is.chunk === chunk &&
      is.ordinal === ordinal &&
      is.step === step &&
      is.result === result
    );
  } catch {
    return false;
  }
}

/** Whether a correction's receipt names this item. Bytes that were altered name none. */
function names({ body }: StoredReceipt, ordinal: number): boolean {
  try {
    const read: ReceiptBody = readReceipt(body);
    return read.kind === 'correction' && read.ordinals.some(([first, last]) => first <= ordinal && ordinal <= last);
  } catch {
    return false;
  }
}

function isNamedBy(corrections: readonly CorrectionRow[], { chunk, seq }: StoredReceipt): boolean {
  return corrections.some((one) => one.chunk === chunk && one.seq === seq);
}

async function namesOf(ids: readonly string[]): Promise<Names> {
  const [people, workers] = await Promise.all([
    readNames(db(), ids),
    readWorkerNames([...new Set(ids.filter((id) => id.startsWith('worker:')))]),
  ]);
  for (const [id, { host, pid }] of workers) people.set(id, `Worker ${pid} on ${host}`);
  return people;
}

function whoOf(told: Told | null, people: Names): Pick<StoryLine, 'at' | 'by'> {
  if (told === null) return { at: null, by: null };
  const { body, committedAt } = told.row;
  return { at: committedAt, by: body.by ? actorName(String(body.by), people) : null };
}

function toldOf({ told, people }: Of, place: { chunk: number; seq: number } | null) {
  const one = place && (told.get(`${place.chunk}.${place.seq}`) ?? null);
  return one && { ...whoOf(one, people), receipt: { chunk: one.row.chunk, seq: one.row.seq, altered: one.altered } };
}

async function itemOf({ datasetId, datasetFormat, fieldNames }: BatchFacts, ordinal: number): Promise<Story['item']> {
  const row = await readItemWithRaw(db().pool, datasetId, ordinal, 0);
  const text = formatOf(datasetFormat)?.textField ?? null;
  const cut = (name: string, value: string): string => {
    const most = name === text ? SAMPLE_TEXT_CHARS_MAX : SAMPLE_FIELD_CHARS_MAX;
    return value.length > most ? `${value.slice(0, most)}…` : value;
  };
  const fields = row && Object.entries(inOrder(row.fields, fieldNames));
  return fields && Object.fromEntries(fields.map(([name, value]) => [name, cut(name, value)]));
}

/** The values of its last receipt; before there is one, those of the item, for whoever may see it. */
function fieldsOf({ batch, told }: Of, last: StoredReceipt | undefined, item: Story['item']): Record<string, string> {
  const values = last ? (told.get(`${last.chunk}.${last.seq}`)?.row.fields ?? {}) : (item ?? {});
  return Object.fromEntries(
    batch.plan.receiptFields.flatMap((name) => (Object.hasOwn(values, name) ? [[name, values[name] ?? '']] : [])),
  );
}

async function readLine({ batch, head, people, sees }: Of, dataset: DatasetHead | null): Promise<StoryLine[]> {
  if (dataset === null) return [];
  const reading = sees ? await readStoredReading(db().pool, { batchId: batch.id }) : null;
  return [
    {
      ...{ kind: 'read', ...when(dataset.readyAt ?? dataset.createdAt), by: actorName(dataset.createdBy, people), receipt: null },
      ...{ dataset: { id: dataset.id, name: dataset.name }, file: head.file ?? dataset.name, line: head.line },
      reading: reading && {
        ...{ revision: reading.revision, digest: reading.digest ?? '', format: reading.body.format, layout: reading.body.layout },
        fields: reading.body.fields
          .filter(({ type }) => type.value === 'date' || type.value === 'number')
          .map((field) => ({ ...field, examples: [] })),
      },
      deleted: dataset.deletedAt && {
        at: dataset.deletedAt.toISOString(),
        by: actorName(dataset.deletedBy ?? '', people),
      },
    },
  ];
}

function startedLine(of: Of, start: number | null): StoryLine {
  const { startedAt, startedBy } = of.batch;
  const told = toldOf(of, start === null ? null : { chunk: 0, seq: start });
  return {
    kind: 'started',
    ...(told ?? { ...when(startedAt), by: startedBy && actorName(startedBy, of.people), receipt: null }),
  };
}

/** What the classifier said. A correction took the place of its why, and only the category is known that was corrected. */
function classifiedLine(
  { batch, head, people, sees }: Of,
  corrected: CorrectionRow | undefined,
  { origin, claim }: { origin: Origin | null; claim: number | null },
): StoryLine[] {
  const { category, why, confidence, by } = head;
  // What people had corrected where it was left unsent has no correction here.
  const kept = !corrected && by !== null && isPersons(by);
  const given = corrected || category === null || why === null || confidence === null ? null : { category, why, confidence };
  const named = given?.category ?? corrected?.from ?? null;
  if (named === null) return [];
  const undo = batch.undoes !== null;
  const rule = given && !undo && !kept ? partInWords(batch.plan, given) : null;
  const byAgent = !undo && !kept && given !== null && by?.startsWith(AGENTS) === true;
  const { classifier } = batch.plan;
  return [
    {
      ...{
        kind: 'classified',
        at: null,
        by: kept || byAgent ? actorName(by, people) : null,
        receipt: null,
        category: named,
        rule,
      },
      classifier: undo ? 'undo' : kept ? (batch.restOf ? 'person' : 'taught') : classifier.kind,
      // What was corrected may have been classified by rules before those that the chunk goes by.
      revision: undo || kept || (given === null && head.planRevision > 1) ? null : head.planRevision,
      // What a rule says is in the plan; what else gives reasons may quote the item.
      why: sees || rule !== null ? (given?.why ?? null) : null,
      confidence: given?.confidence ?? null,
      origin: undo || kept ? null : origin,
      claim: byAgent ? claim : null,
      learned: !undo && !kept && 'learned' in classifier && typeof classifier.learned === 'string' ? classifier.learned : null,
    },
  ];
}

/** Their notes by "chunk.seq": undefined without one, null once it was erased. */
function notesOf(batchId: string, about: readonly StoredReceipt[]): Promise<Map<string, string | null>> {
  return readOwnValues(
    db().pool,
    batchId,
    about.filter(({ kind }) => kind === 'correction'),
    'note',
  );
}

/** The table's corrections with their receipts; and receipts that name the item and that the table does not know. */
function correctionsOf(of: Of, corrections: readonly CorrectionRow[], notes: ReadonlyMap<string, string | null>): StoryLine[] {
  const lines = corrections.map((one): StoryLine => {
    const { from, to, by, at, note, unsure, chunk, seq } = one;
    const told = toldOf(of, chunk === null || seq === null ? null : { chunk, seq });
    const kept = notes.get(`${chunk}.${seq}`);
    return {
      ...{ kind: 'corrected', ...when(at), by: actorName(by, of.people), receipt: null, ...told },
      ...{
        from,
        to,
        unsure,
        note: noteOf(of, kept === undefined ? (note ?? undefined) : kept),
        count: countOf(of.told.get(`${chunk}.${seq}`)),
      },
    };
  });
  const unknown = [...of.told.values()].filter(
    ({ row }) => row.kind === 'correction' && !corrections.some(({ chunk, seq }) => chunk === row.chunk && seq === row.seq),
  );
  return [
    ...lines,
    ...unknown.flatMap((one): StoryLine[] => {
      const told = toldOf(of, one.row);
      const { from, to } = one.row.body as { from?: unknown; to?: unknown };
      const note = notes.get(`${one.row.chunk}.${one.row.seq}`);
      return told
        ? [
            {
              kind: 'corrected',
              ...told,
              from: String(from),
              to: String(to),
              unsure: false,
              note: noteOf(of, note),
              count: countOf(one),
            },
          ]
        : [];
    }),
  ];
}

/** @param kept null: it was erased; undefined: there is none. */
function noteOf({ sees }: Of, kept: string | null | undefined): string | null {
  if (kept === undefined) return null;
  return sees ? (kept ?? ERASED) : NOT_GIVEN;
}

function countOf(told: Told | undefined): number | null {
  const count = (told?.row.body as { count?: unknown } | undefined)?.count;
  return Number.isInteger(count) ? (count as number) : null;
}

function decisionsOf(of: Of, seen: ReadonlyMap<string, boolean>): StoryLine[] {
  return [...of.told.values()].flatMap(({ row }): StoryLine[] => {
    const told = row.kind === 'decision' ? toldOf(of, row) : null;
    const { decision } = row.body as { decision?: unknown };
    const category = decision === of.head.decisionId ? of.head.approvedAs : null;
    return told ? [{ kind: 'decided', ...told, row, category, seen: seen.get(String(decision)) ?? null }] : [];
  });
}

function stepsOf(of: Of, steps: readonly StoredReceipt[], answers: ReadonlyMap<string, string | null>): StoryLine[] {
  return steps.flatMap((step): StoryLine[] => {
    const place = `${step.chunk}.${step.seq}`;
    const [told, one, answer] = [toldOf(of, step), of.told.get(place), answers.get(place)];
    const kept = step.kind === 'outcome' && answer !== undefined ? (answer ?? ERASED) : null;
    return told && one ? [{ kind: 'acted', ...told, row: one.row, answer: kept }] : [];
  });
}
