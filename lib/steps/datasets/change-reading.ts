/** A person says how a dataset is to be read: what its fields mean, or how its file is cut into rows. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PREVIEW_READING_BYTES } from '#lib/core/limits.ts';
import type { ReadingBody } from '#lib/core/values/reading-body.ts';
import { answered, type Said, saidIn, saidToo } from '#lib/core/values/said.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import { log } from '#lib/log.ts';
import { type Reading, type ReadingChange, readingChange } from '#lib/shapes/readings.ts';
import { apartFromWrite, doneBefore, inWrite } from '#lib/store/api/api-writes.ts';
import { BEGUN } from '#lib/store/datasets/items.sql.ts';
import { insertReading } from '#lib/store/datasets/readings.ts';
import type { DatasetSource } from '#lib/store/datasets/sources.sql.ts';
import type { Original } from '#lib/store/originals/port.ts';
import { db } from '#lib/store/postgres/db.ts';
import { CheckedFile } from './checked-file.ts';
import { countUnreadable } from './count-unreadable.ts';
import { land, takeSlot } from './land.ts';
import { readingOf } from './read-reading.ts';
import { filesOf, type ReadingNow, readReadingNow } from './reading-now.ts';
import { receiveRows, segmentsOf } from './receive.ts';

const input = z.strictObject({ datasetId: z.uuid(), change: readingChange });

/** `reading`: only meanings changed, of the same dataset. `dataset`: rows change; a new dataset is being read from the kept file, under this id. */
export type ChangedReading = { reading: Reading } | { dataset: string };

/**
 * Keeps what a person said before, and takes in what this change says. Batches keep the reading that they were planned by. Throws `stale` when the reading changed
 * after its digest was read; `invalid` for a field or format that there is none of; `conflict` where rows can't be read anew: while the dataset arrives, without its
 * original, or when it was put together from several files.
 */
export async function changeReading(actor: Actor, raw: { datasetId: string; change: ReadingChange }): Promise<ChangedReading> {
  authorise(actor, 'read_anew');
  const { datasetId, change } = readChange(raw);
  const now = await readReadingNow(datasetId);
  if (!now) throw new CountersignError('not_found', 'There is no such dataset.');
  const begun = doneBefore<string>(BEGUN);
  if (begun === undefined && doneBefore(SAID) !== undefined) return { reading: await readingOf(now) };
  assertFits(now, change);
  if (begun !== undefined || changesRows(now.reading.body, change)) return { dataset: await readAnew(actor, now, change, begun) };
  const { body, revision } = now.reading;
  const whole = answered(body, saidToo(saidIn(body), change));
  const fields = await countUnreadable(datasetId, whole.fields, new Set(change.fields?.map(({ name }) => name)));
  const next = { datasetId, revision: revision + 1, body: { ...whole, fields }, createdBy: actor.id };
  await inWrite(db().pool, SAID, async (tx) => {
    if (!(await insertReading(tx, next))) throw stale(now.head.name);
    return next.revision;
  });
  const changed = await readReadingNow(datasetId);
  if (!changed) throw new CountersignError('not_found', 'There is no such dataset.');
  return { reading: await readingOf(changed) };
}

/** What a request with an Idempotency-Key has written down once its revision is there. */
const SAID = 'reading';

/** The input of a change or its preview. Throws `invalid` with a problem for every wrong place. */
export function readChange(raw: unknown): z.output<typeof input> {
  const read = input.safeParse(raw);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  const [first] = problems;
  throw new CountersignError('invalid', `The change can't be read at ${first?.path || 'its top level'}: ${first?.message}`, {
    problems,
  });
}

/** Throws where the change is not of this reading, or of something that it does not have. */
export function assertFits({ head, reading }: ReadingNow, { digest, format, layout = {}, fields = [] }: ReadingChange): void {
  if (head.state !== 'ready')
    throw new CountersignError(
      'conflict',
      `“${head.name}” is ${head.state === 'receiving' ? 'still arriving' : 'not there: its upload failed'}.`,
    );
  if (digest !== reading.digest) throw stale(head.name);
  if (format !== undefined && formatOf(format) === null)
    throw new CountersignError('invalid', `There is no format “${format}”.`, {
      problems: [{ path: 'format', message: `There is no format “${format}”.` }],
    });
  // Where nothing is known of the layout, that the rows can't be read anew is told instead.
  const parts = Object.keys(reading.body.layout);
  const odd = format === undefined && parts.length > 0 ? Object.keys(layout).filter((part) => !parts.includes(part)) : [];
  if (odd[0] !== undefined) {
    const message = `Nothing is known of the ${odd[0]} of “${head.name}”: its format has none.`;
    throw new CountersignError('invalid', message, { problems: odd.map((part) => ({ path: `layout.${part}`, message })) });
  }
  const known = new Set(reading.body.fields.map(({ name }) => name));
  const problems = fields.flatMap(({ name }, index) =>
    known.has(name) ? [] : [{ path: `fields.${index}.name`, message: `There is no field “${name}”.` }],
  );
  const all = answered(reading.body, saidToo(saidIn(reading.body), { fields })).fields;
  for (const [index, { name, number }] of fields.entries()) {
    if (fields.findIndex((one) => one.name === name) < index)
      problems.push({ path: `fields.${index}.name`, message: `“${name}” is named twice. Say everything of it at once.` });
    const is = number && all.find((one) => one.name === name)?.number;
    if (is && is.decimal.value === is.group.value)
      problems.push({
        path: `fields.${index}.number`,
        message: `“${is.group.value}” can’t stand before the decimals of “${name}” and between its thousands too. Say both.`,
      });
  }
  if (problems[0]) throw new CountersignError('invalid', problems[0].message, { problems });
}

/** Whether it says something of the file that was not held to be true anyway. */
export function changesRows({ format, layout }: ReadingBody, change: ReadingChange): boolean {
  if (change.format !== undefined && change.format !== format?.value) return true;
  // Some of its mails were read by another one.
  if (change.layout?.flavour !== undefined && (layout.misread ?? 0) > 0) return true;
  return Object.entries(change.layout ?? {}).some(([name, said]) => {
    const held = layout[name as keyof typeof layout];
    return said !== (typeof held === 'object' && 'value' in held ? held.value : held);
  });
}

/** Begins the new dataset, and reads it when the answer is out. Gives its id. */
async function readAnew(actor: Actor, now: ReadingNow, change: ReadingChange, begun: string | undefined): Promise<string> {
  const [file, ...others] = filesOf(now);
  if (!file || others.length > 0)
    throw new CountersignError(
      'conflict',
      `“${now.head.name}” was put together from ${others.length + 1} files, and its rows can’t be read otherwise as one. Read the dataset that it replaces anew, and fix what can’t be read of that.`,
    );
  const said = saidToo(saidIn(now.reading.body), change);
  if (begun === undefined) await assertBegins(now, file, said);
  const id = begun ?? randomUUID();
  const leave = takeSlot(actor);
  const isBegun = Promise.withResolvers<void>();
  const { original, ...source } = file;
  const dataset = {
    ...{ id, name: now.head.name, createdBy: actor.id, again: begun !== undefined },
    ...{ supersedes: now.head.id, sources: [source] },
  };
  land(dataset, (upload) => {
    isBegun.resolve();
    return apartFromWrite(() => readFile(upload, actor, id, { source, original, said }));
  })
    .catch((error: unknown) => {
      log.info({ err: error, dataset: id }, 'a file could not be read anew');
      isBegun.reject(error);
    })
    .finally(leave);
  await isBegun.promise;
  return id;
}

/** Throws what the format says against the beginning of the file: no dataset is made of what can't be. */
async function assertBegins(
  { head }: ReadingNow,
  { name, original }: { name: string; original: Original },
  said: Said,
): Promise<void> {
  const given = said.format === undefined ? formatOf(head.format) : null;
  const options = { layout: said.layout, now: new Date(), most: PREVIEW_READING_BYTES };
  const { segments } = await segmentsOf({ name, chunks: () => original.read() }, given, said.format, options);
  for await (const _ of segments) break;
}

async function readFile(
  upload: Parameters<Parameters<typeof land>[1]>[0],
  actor: Actor,
  id: string,
  { source, original, said }: { source: DatasetSource; original: Original; said: Said },
): Promise<void> {
  const counted = new CheckedFile(source, original);
  const sources = [{ name: source.name, chunks: () => counted.chunks() }];
  const { arrived, reading } = await receiveRows({ upload, id, sources, said, now: new Date(), bytes: () => counted.bytes });
  await upload.complete({
    ...{ digest: source.digest, arrived, sources: [source], keep: async () => {}, by: actor.id, gives: null },
    reading: await withAnswers(id, reading, said),
  });
}

/** What people said stays, also where the file is now read otherwise; what they said of is counted anew. */
export async function withAnswers(datasetId: string, reading: ReadingBody, said: Said): Promise<ReadingBody> {
  const whole = answered(reading, said);
  return { ...whole, fields: await countUnreadable(datasetId, whole.fields, new Set(said.fields.map(({ name }) => name))) };
}

function stale(name: string): CountersignError {
  return new CountersignError('stale', `How “${name}” is read was changed after it was looked at. Look at it again.`);
}
