/** Files become the rows of a dataset that is receiving: parsed as their bytes come, stored in committed segments, never held whole. */
import { CountersignError } from '#lib/core/errors.ts';
import { SEGMENT_BYTES, SEGMENT_MS, SEGMENT_ROWS } from '#lib/core/limits.ts';
import { certain } from '#lib/core/values/guess.ts';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
import type { ReadingBody } from '#lib/core/values/reading-body.ts';
import { layoutAlike, type Said } from '#lib/core/values/said.ts';
import type { Dialect, Format, Segment } from '#lib/ingest/port.ts';
import { Profile } from '#lib/ingest/profile.ts';
import { detectFormat, fileToRead, formatOf } from '#lib/ingest/registry.ts';
import { firstBytes, peek } from '#lib/ingest/source.ts';
import { ItemRows } from '#lib/store/datasets/item-rows.ts';
import type { Arrived, Upload } from '#lib/store/datasets/items.sql.ts';

/** `chunks` gives the bytes from the first one on; of every source but the first they are asked for more than once. */
export type SourceToRead = { name: string; chunks(): AsyncIterable<Buffer> };

export type Received = {
  arrived: Arrived;
  itemCount: number;
  /** of the last source: what of the others can't be read is brought by the next */
  unreadableCount: number;
  /** rows of the last source, read or not */
  brought: number;
  /** as it was guessed, without what people said of the fields */
  reading: ReadingBody;
};

type Receiving = {
  upload: Upload;
  id: string;
  sources: readonly SourceToRead[];
  said: Said;
  now: Date;
  /** how many of their bytes have come */
  bytes(): number;
};

/**
 * Reads the sources one after the other, and commits their rows; completing the dataset is the caller's. Throws `invalid` where there is no item, or where a source
 * has other fields than the first, and `unsupported` for a file that is none.
 */
export async function receiveRows({ upload, id, sources, said, now, bytes }: Receiving): Promise<Received> {
  const pipe = new Segments(upload, id);
  const seen: { first: Seen | null; layout: Layout; reason: string | null } = { first: null, layout: {}, reason: null };
  let before = 0;
  const arrived = (described: boolean): Arrived => ({
    bytes: bytes(),
    format: seen.first?.format.name ?? '',
    dialect: seen.first?.dialect ?? null,
    fields: described ? (seen.first?.profile.fields() ?? null) : null,
  });
  try {
    for (const [index, source] of sources.entries()) {
      const last = index === sources.length - 1;
      const layout = seen.first ? await layoutOf(source, seen.first, seen.layout, now) : said.layout;
      const { format, segments } = await segmentsOf(source, seen.first?.format ?? null, said.format, { layout, now });
      before = pipe.itemCount;
      for await (const { dialect, ...segment } of segments) {
        const first: Seen = seen.first ?? {
          ...{ format, dialect, fields: segment.fields },
          profile: new Profile(now.getTime(), format.fieldLabels),
        };
        // What is detected may be known better behind the first segment.
        if (index === 0) Object.assign(seen, { layout: segment.layout, first: { ...first, dialect } });
        else assertAlike(first.fields, segment.fields, source.name);
        const rows = { ...segment, fields: first.fields, unreadable: last ? segment.unreadable : [] };
        first.profile.add(rows.fields, rows.items);
        seen.reason ??= rows.unreadable[0]?.reason ?? null;
        pipe.add(rows, index);
        if (pipe.isDue()) await pipe.send(arrived);
      }
    }
    if (pipe.itemCount === 0) throw new CountersignError('invalid', nothingIn(sources, pipe.unreadableCount, seen.reason));
    await pipe.send(() => arrived(false));
    await pipe.settle();
  } catch (error) {
    // The connection is busy until its segment is through or has failed.
    await pipe.settle().catch(() => {});
    throw error;
  }
  if (!seen.first) throw new Error('there are items, and no format read them');
  const { format, profile } = seen.first;
  return {
    ...{ arrived: arrived(true), itemCount: pipe.itemCount, unreadableCount: pipe.unreadableCount },
    brought: pipe.itemCount - before + pipe.unreadableCount,
    reading: { format: certain(format.name), layout: seen.layout, fields: profile.guesses() },
  };
}

type Seen = { format: Format; dialect: Dialect; fields: readonly string[]; profile: Profile };

/** A file, or what is packed in it, as its format reads it. */
export type Segmented = {
  format: Format;
  segments: AsyncIterable<Segment>;
  /** whether what was read so far ended before the file did, because it is longer than was asked for */
  wasCut(): boolean;
};

/**
 * The format is the one that is given, else the one that a person said, else what the file looks like.
 * @param most bytes that are read of it; a format that can't begin before it has seen the end reads all
 */
export async function segmentsOf(
  source: SourceToRead,
  given: Format | null,
  said: string | undefined,
  { layout, now, most = Number.POSITIVE_INFINITY }: { layout: LayoutSaid; now: Date; most?: number },
): Promise<Segmented> {
  const file = await fileToRead({ name: source.name, chunks: source.chunks() });
  const { head, whole } = await peek(file.chunks);
  if (head.length === 0) throw new CountersignError('invalid', `“${source.name}” is empty: it has 0 bytes.`);
  const format = given ?? formatOf(said ?? null) ?? detectFormat(head, file.name);
  const beginning = firstBytes(whole, format.readsWhole ? Number.POSITIVE_INFINITY : most);
  return {
    ...{ format, wasCut: beginning.wasCut },
    segments: format.parse(beginning.chunks, { fileName: file.name, now, said: layout }),
  };
}

/** Where in its first lines the names of the columns may stand in a file that came behind another one. */
const NAMES_LINE_MAX = 5;

/** A further file is read as the first was. Its names are looked for: what stands above them in the first file was given back in part, or not at all. */
export async function layoutOf(
  source: SourceToRead,
  { format, fields }: Pick<Seen, 'format' | 'fields'>,
  first: Layout,
  now: Date,
): Promise<LayoutSaid> {
  const layout = layoutAlike(first);
  if (!layout.header) return layout;
  for (let header = 1; header <= NAMES_LINE_MAX; header++) {
    const tried = { ...layout, header };
    const found = await namesOf(source, format, tried, now);
    if (found && isAlike(fields, found)) return tried;
  }
  return layout;
}

/** Null where such a file can't be read. */
async function namesOf(source: SourceToRead, format: Format, layout: LayoutSaid, now: Date): Promise<readonly string[] | null> {
  try {
    const { segments } = await segmentsOf(source, format, undefined, { layout, now });
    for await (const { fields } of segments) return fields;
    return null;
  } catch (error) {
    if (error instanceof CountersignError) return null;
    throw error;
  }
}

function isAlike(fields: readonly string[], others: readonly string[]): boolean {
  return fields.length === others.length && fields.every((field, index) => field === others[index]);
}

function assertAlike(fields: readonly string[], others: readonly string[], name: string): void {
  if (isAlike(fields, others)) return;
  const missing = fields.filter((field) => !others.includes(field));
  const added = others.filter((field) => !fields.includes(field));
  const what = [
    ...(missing.length > 0 ? [`${quoted(missing)} missing`] : []),
    ...(added.length > 0 ? [`${quoted(added)} new`] : []),
  ];
  throw new CountersignError(
    'invalid',
    `The columns of “${name}” are not those of the dataset${what.length > 0 ? ` (${what.join(', ')})` : ': they stand in another order'}. Keep its first line as it was downloaded.`,
  );
}

const quoted = (names: readonly string[]): string =>
  `${names
    .slice(0, 3)
    .map((name) => `“${name}”`)
    .join(', ')}${names.length > 3 ? ', …' : ''}`;

function nothingIn(sources: readonly SourceToRead[], unreadable: number, reason: string | null): string {
  const name = sources.at(-1)?.name;
  if (unreadable === 0) return `“${name}” has a header but no rows below it.`;
  const rows =
    unreadable === 1
      ? `The only row of “${name}” could not be read`
      : `None of the ${unreadable} rows of “${name}” could be read`;
  return `${rows}: ${reason}. Check that it is the right file.`;
}

/**
 * As many are on their way into the database while another is filled: one that it works on, and one that is there when it has done that. Together they have
 * SEGMENT_BYTES, or there is one only.
 */
const SENT_MAX = 2;

/** Sets of rows, each filled anew once it is in the database. */
class Segments {
  itemCount = 0;
  unreadableCount = 0;
  readonly #upload: Upload;
  readonly #id: string;
  #filling: ItemRows;
  /** Those that are free to be filled. */
  readonly #free: ItemRows[] = [];
  /** Each ends when its rows are in the database, one after the other. */
  readonly #sent: { ended: Promise<void>; bytes: number }[] = [];
  #lastSent = performance.now();
  #lastDescribed = Number.NEGATIVE_INFINITY;

  constructor(upload: Upload, id: string) {
    this.#upload = upload;
    this.#id = id;
    this.#filling = new ItemRows(id);
  }

  add(segment: Parameters<ItemRows['add']>[0], source: number): void {
    this.#filling.add(segment, this.itemCount + 1, source);
    this.itemCount += segment.items.length;
    this.unreadableCount += segment.unreadable.length;
  }

  isDue(): boolean {
    const { itemCount, unreadableCount, bytes } = this.#filling;
    if (itemCount + unreadableCount === 0) return false;
    if (itemCount + unreadableCount >= SEGMENT_ROWS || bytes >= SEGMENT_BYTES) return true;
    // A slow sender's rows are to be seen too.
    return performance.now() - this.#lastSent >= SEGMENT_MS;
  }

  /** Starts this segment on its way, once there is room for it. `arrived(true)` asks for the profile so far, now and then. */
  async send(arrived: (described: boolean) => Arrived): Promise<void> {
    const rows = this.#filling;
    while (!this.#hasRoom(rows.bytes)) await this.#sent.shift()?.ended;
    if (rows.itemCount + rows.unreadableCount === 0) return;
    this.#filling = this.#free.pop() ?? new ItemRows(this.#id);
    const now = performance.now();
    const described = now - this.#lastDescribed >= SEGMENT_MS;
    if (described) this.#lastDescribed = now;
    this.#lastSent = now;
    const { bytes } = rows;
    const ended = this.#commit(rows, arrived(described));
    // Whoever settles hears of a failure; until then it is not unhandled.
    ended.catch(() => {});
    this.#sent.push({ ended, bytes });
  }

  #hasRoom(bytes: number): boolean {
    const sent = this.#sent;
    return sent.length === 0 || (sent.length < SENT_MAX && sent.reduce((all, one) => all + one.bytes, bytes) <= SEGMENT_BYTES);
  }

  /** Waits for all that is on its way, and throws what the first that failed threw. */
  async settle(): Promise<void> {
    const sent = this.#sent.splice(0).map(({ ended }) => ended);
    await Promise.allSettled(sent);
    await Promise.all(sent);
  }

  async #commit(rows: ItemRows, arrived: Arrived): Promise<void> {
    await this.#upload.commit(rows, arrived);
    rows.reset();
    this.#free.push(rows);
  }
}
