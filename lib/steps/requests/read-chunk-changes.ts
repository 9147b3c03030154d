/** The files that a chunk changes, one under the other: of a chunk in review what an approval would do now, of an approved one what was approved. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import type { ChangedFile } from '#lib/connectors/port.ts';
import { changesBy, requestBuilder } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import {
  CHANGE_LINES_SHOWN,
  CHANGES_PAGE_FILES,
  CHANGES_PAGE_LINES,
  CHANGES_SUMMED,
  CHANGES_SUMMED_BYTES,
  CHANGES_SUMMED_MS,
  GIT_TIMEOUT_MS,
} from '#lib/core/limits.ts';

import type { ChangedFileView, ChangesSum, ChunkChanges } from '#lib/shapes/changes.ts';
import { buildManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import { readFrozenBytes, readFrozenPage } from '#lib/store/checkpoints/requests.ts';
import { readNamed } from '#lib/store/datasets/named-items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { turns } from '#lib/turns.ts';
import { lineChanges } from './line-changes.ts';
import { assertInReview, chunkOf } from './request-of.ts';

type Found = NonNullable<Awaited<ReturnType<typeof chunkOf>>>;
type Acting = { ordinal: number; connector: string; bytes: Uint8Array | null };

/** Requests that are looked at together: with their bytes they are held at once. */
const REQUESTS_AT_ONCE = 32;
/** The field of an item that holds the text of a file that was read. */
const HELD = 'content';

/**
 * Null where there is no such chunk. Throws `conflict` where nothing of it can be told yet, or its plan changes no files, and `invalid` for an `after` that is none.
 * @param after as the page before gave it
 */
export async function readChunkChanges(
  actor: Actor,
  { batchId, chunk: number, after = null }: { batchId: string; chunk: number; after?: string | null | undefined },
): Promise<ChunkChanges | null> {
  authorise(actor, 'see');
  const found = await chunkOf({ batchId, chunk: number });
  if (!found) return null;
  const { batch, chunk } = found;
  await tellOpened(actor, 'batch_opened', batch);
  const connectors = [...new Set(batch.plan.categories.flatMap(({ action }) => (action ? [action.connector] : [])))];
  const telling = connectors.filter((name) => changesBy(name) !== null);
  if (telling.length === 0) throw new CountersignError('conflict', 'Nothing in this batch’s plan changes files.');
  const from = placeOf(after);
  const page = new Page(from);
  const signal = AbortSignal.timeout(GIT_TIMEOUT_MS);
  const see = (some: readonly Acting[]): Promise<void> => seeAll(some, { datasetId: batch.datasetId, page, signal });
  if (chunk.decisionId !== null) {
    // The row of the file that the page begins in comes once more.
    for (let last = from.ordinal - 1; !page.over; ) {
      const of = { decisionId: chunk.decisionId, chunkId: chunk.id };
      const some = await readFrozenPage(db(), of, { connectors: telling, after: last, limit: REQUESTS_AT_ONCE });
      if (some.length === 0) break;
      await see(some);
      last = some.at(-1)?.ordinal ?? last;
    }
  } else {
    assertInReview(chunk);
    await eachBuilt(found, telling, async (some) => {
      if (!page.over) await see(some.filter(({ ordinal }) => ordinal >= from.ordinal));
    });
  }
  return { approved: chunk.decisionId !== null, ...page.end() };
}

/** The requests as an approval would freeze them now; one that can't be built is told at the checkpoint. */
async function eachBuilt(
  { batch, chunk }: Found,
  connectors: readonly string[],
  see: (some: readonly Acting[]) => Promise<void>,
): Promise<void> {
  const of = { batchId: batch.id, datasetId: batch.datasetId, plan: batch.plan };
  await buildManifests(db().pool, of, [chunk], requestBuilder, {
    rows: async (_, rows) => {
      const acting = rows.filter(({ action, request }) => action && request !== null && connectors.includes(action.connector));
      for (let at = 0; at < acting.length; at += REQUESTS_AT_ONCE) {
        const some: Acting[] = [];
        for (const { ordinal, action, request, requestBytes } of acting.slice(at, at + REQUESTS_AT_ONCE)) {
          // The request of an undo was made with it.
          const bytes = requestBytes ?? (request === null ? null : await readFrozenBytes(db(), request));
          some.push({ ordinal, connector: action?.connector ?? '', bytes });
        }
        await see(some);
      }
    },
    built: async () => {},
  });
}

async function seeAll(
  some: readonly Acting[],
  { datasetId, page, signal }: { datasetId: string; page: Page; signal: AbortSignal },
): Promise<void> {
  const ordinals = some.map(({ ordinal }) => ordinal);
  const items = page.reads ? await readNamed(db().pool, { datasetId, ordinals }, [HELD]) : [];
  const held = new Map(items.map(({ ordinal, fields }) => [ordinal, fields[HELD] ?? null]));
  for (const [name, all] of Map.groupBy(some, ({ connector }) => connector)) {
    const of = all.flatMap(({ ordinal, bytes }) =>
      bytes === null ? [] : [{ ordinal, request: bytes, held: held.get(ordinal) ?? null }],
    );
    page.erased(all.length - of.length);
    for await (const file of changesBy(name)?.changes(of, signal) ?? []) {
      await page.see(file);
      if (page.over) return;
    }
  }
}

/** A page begins behind so many files of an item. */
type Place = { ordinal: number; files: number };

function placeOf(after: string | null): Place {
  if (after === null) return { ordinal: 0, files: 0 };
  const [, ordinal, files] = /^(\d{1,9})\.(\d{1,9})$/.exec(after) ?? [];
  if (ordinal !== undefined && files !== undefined) return { ordinal: Number(ordinal), files: Number(files) };
  throw new CountersignError('invalid', 'Give “after” as the page before named it.', {
    problems: [{ path: 'after', message: 'This is no place in the changes.' }],
  });
}

/** The files of one page, and with the first one the sum of all of them. */
class Page {
  readonly #from: Place;
  readonly #first: boolean;
  readonly #sum: ChangesSum = { files: 0, new: 0, moved: 0, removed: 0, added: 0, gone: 0, unread: 0 };
  readonly #files: ChangedFileView[] = [];
  readonly #takeTurn = turns();
  #at: Place = { ordinal: 0, files: 0 };
  #lines = 0;
  #bytes = 0;
  #ms = 0;
  #next: string | null = null;

  constructor(from: Place) {
    this.#from = from;
    this.#first = from.ordinal === 0;
  }

  /** Nothing more is to be seen. */
  get over(): boolean {
    return this.#next !== null && !this.#first;
  }

  /** Texts are still wanted. */
  get reads(): boolean {
    return this.#next === null || this.#sums();
  }

  /** So many requests can't be told any more. */
  erased(count: number): void {
    this.#sum.files += count;
    this.#sum.unread += count;
  }

  async see(file: ChangedFile): Promise<void> {
    await this.#takeTurn();
    const place = { ordinal: file.ordinal, files: this.#at.ordinal === file.ordinal ? this.#at.files + 1 : 1 };
    this.#at = place;
    if (place.ordinal === this.#from.ordinal && place.files <= this.#from.files) return;
    this.#sum.files += 1;
    if (file.kind !== 'changed') this.#sum[file.kind] += 1;
    const full = this.#files.length >= CHANGES_PAGE_FILES || this.#lines >= CHANGES_PAGE_LINES;
    if (full) this.#next ??= `${this.#shown.ordinal}.${this.#shown.files}`;
    if (full && !this.#sums()) {
      this.#sum.unread += 1;
      return;
    }
    const seen = await viewOf(file);
    this.#ms += seen.ms;
    this.#bytes += seen.bytes;
    if (seen.view.added === null) this.#sum.unread += 1;
    this.#sum.added += seen.view.added ?? 0;
    this.#sum.gone += seen.view.removed ?? 0;
    if (full) return;
    this.#shown = place;
    this.#files.push(seen.view);
    this.#lines += seen.weight;
  }

  #shown: Place = { ordinal: 0, files: 0 };

  #sums(): boolean {
    const { files } = this.#sum;
    return this.#first && files <= CHANGES_SUMMED && this.#bytes <= CHANGES_SUMMED_BYTES && this.#ms <= CHANGES_SUMMED_MS;
  }

  end(): Omit<ChunkChanges, 'approved'> {
    return { sum: this.#first ? this.#sum : null, files: this.#files, next: this.#next };
  }
}

/** A long line takes the room of several. */
const weightOf = (line: string): number => 1 + Math.floor(line.length / CHARS_OF_A_LINE);
const CHARS_OF_A_LINE = 200;

async function viewOf({
  texts,
  ...file
}: ChangedFile): Promise<{ view: ChangedFileView; weight: number; ms: number; bytes: number }> {
  const read = await texts();
  if ('unknown' in read) {
    const untouched = { added: null, removed: null, hunks: [], more: 0, why: read.unknown };
    return { view: { ...file, ...untouched }, weight: 0, ms: 0, bytes: 0 };
  }
  const began = performance.now();
  const { added, removed, hunks } = lineChanges(read.before, read.after);
  const ms = performance.now() - began;
  const shown: typeof hunks = [];
  let [weight, told] = [0, 0];
  for (const hunk of hunks) {
    const lines: string[] = [];
    for (const line of hunk.lines) {
      if (weight >= CHANGE_LINES_SHOWN) break;
      weight += weightOf(line);
      lines.push(line);
    }
    if (lines.length > 0) shown.push({ ...hunk, lines });
    told += lines.length;
  }
  const all = hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  const why =
    hunks.length > 0
      ? null
      : file.kind === 'moved' || file.kind === 'changed'
        ? 'Its text stays as it is.'
        : 'There is no text in it.';
  return {
    view: { ...file, added, removed, hunks: shown, more: all - told, why },
    ...{ weight, ms },
    bytes: (read.before?.length ?? 0) + (read.after?.length ?? 0),
  };
}
