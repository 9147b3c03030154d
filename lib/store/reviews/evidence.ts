/**
 * The looks at a batch's items. A chunk's draw stays as it is while its revision does, so the first items of each category are kept. The very first are those that its
 * checkpoint shows, which whoever classified it drew; more are drawn when the looks have gone past them. What is read each time are the marks.
 */
import { rankNumber, sampleRank, seedOfRevision } from '#lib/core/checkpoints/sampling.ts';
import {
  type CategoryMarks,
  type Drawn,
  isCounted,
  marksByCategory,
  NOTHING_DRAWN,
  type Pooled,
  poolOf,
  type Ranked,
  unmarkedBelow,
  unmarkedOf,
  type Verdict,
} from '#lib/core/evidence/pool.ts';
import { DRAWN_AT_ONCE_ITEMS, DRAWN_DEEPER, DRAWN_KEPT_ITEMS, SAMPLES_PER_CATEGORY } from '#lib/core/limits.ts';
import type { Look } from '#lib/store/checkpoints/looks.sql.ts';
import { readKeptLooks } from '#lib/store/checkpoints/looks.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { turns } from '#lib/turns.ts';
import { type ChunkMark, type ChunkToDraw, type Drawable, readDrawn, readLastMarks } from './evidence.sql.ts';

/** A mark that says something of its item as it is now. */
type CountedMark = ChunkMark & { verdict: Verdict };

/** What was marked in some chunks of a batch, and what of it are looks. */
export type Pool = {
  /** the marks that count on items of one of the chunks */
  marksIn(chunkId: string): CountedMark[];
  /** those of them that can be looks */
  looksIn(chunkId: string): CountedMark[];
  /** the last review of one of the chunks' items, whatever it said; null: there is none */
  lastReview(chunkId: string): number | null;
  /** per category of one chunk, or of all: how many items have it */
  counts(chunks?: readonly ChunkToDraw[]): Promise<Map<string, number>>;
  /** the looks at a category in these chunks, or in all */
  looks(category: string, chunks?: readonly ChunkToDraw[]): Promise<Pooled>;
  /** the first items of a category without a mark: at most so many, and at least so many where there are */
  unmarked(category: string, chunk: ChunkToDraw, count: { least: number; most: number }): Promise<Ranked[]>;
  /** the first items of a category without a mark, over all of these chunks: at most so many */
  unmarkedOver(category: string, chunks: readonly ChunkToDraw[], most: number): Promise<Ranked[]>;
  /** whether any item of these chunks has a mark in the category */
  isMarked(category: string): boolean;
  /** the rank of the last item of a category that was drawn of a chunk */
  drawnTo(category: string, chunk: ChunkToDraw): number;
  /** how many items without a mark come before this rank: of a large chunk as many as were drawn at most */
  unmarkedBelow(category: string, chunks: readonly ChunkToDraw[], rank: number): Promise<number>;
};

/** Whose marks are read: the batch, its seed, and what had been marked when each revision of its rules came. */
type OfBatch = { batchId: string; seed: Buffer } & Pick<Drawable, 'revised' | 'keysSign'>;

/**
 * Reads the marks on these chunks. Not in a transaction that changed their classifications: what is drawn is kept for others. Chunks are looked at by the latest of
 * the revisions of the rules that they go by: what had a mark before it is known, and the rest has an order of its own.
 */
export async function readPool(
  client: Querying,
  { batchId, seed, revised, keysSign }: OfBatch,
  all: readonly ChunkToDraw[],
): Promise<Pool> {
  const ids = all.map(({ id }) => id);
  const read = ids.length > 0 ? await readLastMarks(client, batchId, ids) : [];
  const marks = latest(read).filter(isCounted);
  // A look is a person's mark. That of a key is kept, and is none, unless the plan lets keys sign.
  const rows = (keysSign ? latest(read) : read.filter(({ byKey }) => !byKey)).filter(({ verdict }) => verdict !== 'withdrawn');
  const people = rows.filter(isCounted);
  // Reviews of a chunk come under its lock: the last one that is seen says that all before it are.
  const lastReviews = new Map<string, number>();
  for (const { chunkId, id } of read) lastReviews.set(chunkId, Math.max(id, lastReviews.get(chunkId) ?? id));
  const byChunk = Map.groupBy(rows, ({ chunkId }) => chunkId);
  const ruled = new Map<number, Draws>();
  const drawsOf = (revision: number): Draws => {
    const draws = ruled.get(revision) ?? new Draws(client, seedOfRevision(seed, revision), revision);
    ruled.set(revision, draws);
    return draws;
  };
  const last = revisionOf(all);
  const draws = drawsOf(last);
  const isKnown = (revision: number) => {
    const before = revised.get(revision);
    return ({ first }: ChunkMark): boolean => before !== undefined && first <= before;
  };
  const ofAll = marksByCategory(rows, isKnown(last));
  /** Of these chunks alone: those that were moved out, or known, are of other chunks else. */
  const marksOf = (category: string, chunks: readonly ChunkToDraw[]): CategoryMarks | undefined =>
    chunks === all
      ? ofAll.get(category)
      : marksByCategory(
          chunks.flatMap(({ id }) => byChunk.get(id) ?? []),
          isKnown(revisionOf(chunks)),
        ).get(category);
  return {
    marksIn: (chunkId) => marks.filter((mark) => mark.chunkId === chunkId),
    looksIn: (chunkId) => people.filter((mark) => mark.chunkId === chunkId),
    lastReview: (chunkId) => lastReviews.get(chunkId) ?? null,
    async counts(chunks = all) {
      await draws.draw(chunks, 0);
      const counts = new Map<string, number>();
      for (const chunk of chunks)
        for (const [category, { count }] of draws.of(chunk)) counts.set(category, (counts.get(category) ?? 0) + count);
      return counts;
    },
    async looks(category, chunks = all) {
      const own = marksOf(category, chunks);
      const scoped = drawsOf(revisionOf(chunks));
      await scoped.draw(chunks, 0);
      if (!own) {
        const population = chunks.reduce((sum, chunk) => sum + scoped.drawn(chunk, category).count, 0);
        return { population, looks: 0, wrongAt: [], filed: 0, open: Number.NEGATIVE_INFINITY, short: [] };
      }
      for (;;) {
        const pooled = poolOf(
          chunks.map((chunk) => scoped.drawn(chunk, category)),
          own,
          (ordinal) => scoped.rankOf(ordinal),
        );
        if (pooled.short.length === 0) return pooled;
        await scoped.deepen(pooled.short.map((index) => chunks[index] as ChunkToDraw));
      }
    },
    isMarked: (category) => ofAll.has(category),
    async unmarked(category, chunk, { least, most }) {
      await draws.draw([chunk], SAMPLES_PER_CATEGORY);
      for (;;) {
        const drawn = draws.drawn(chunk, category);
        const found = unmarkedOf(drawn, ofAll.get(category), most);
        if (found.length >= least || drawn.ordinals.length === drawn.count) return found;
        await draws.deepen([chunk]);
      }
    },
    async unmarkedOver(category, chunks, most) {
      await draws.draw(chunks, SAMPLES_PER_CATEGORY);
      for (;;) {
        const all = chunks.flatMap((chunk) => unmarkedOf(draws.drawn(chunk, category), ofAll.get(category), most));
        const first = all.sort((a, b) => a.rank - b.rank).slice(0, most);
        const last = first.length < most ? Number.POSITIVE_INFINITY : (first.at(-1)?.rank ?? 0);
        // What was not drawn so far may come before the last of them.
        const short = chunks.filter((chunk) => {
          const { count, ordinals, ranks } = draws.drawn(chunk, category);
          return ordinals.length < count && (ranks[ranks.length - 1] ?? Number.NEGATIVE_INFINITY) < last;
        });
        if (short.length === 0) return first;
        await draws.deepen(short);
      }
    },
    drawnTo(category, chunk) {
      const { ranks } = draws.drawn(chunk, category);
      return ranks[ranks.length - 1] ?? 0;
    },
    async unmarkedBelow(category, chunks, rank) {
      await draws.draw(chunks, SAMPLES_PER_CATEGORY);
      return unmarkedBelow(
        chunks.map((chunk) => draws.drawn(chunk, category)),
        ofAll.get(category),
        rank,
      );
    },
  };
}

/** The latest mark on each item and category, whoever gave it. */
function latest(marks: readonly ChunkMark[]): ChunkMark[] {
  const last = new Map<string, ChunkMark>();
  for (const mark of marks) {
    const key = `${mark.ordinal} ${mark.category}`;
    const other = last.get(key);
    const first = Math.min(mark.first, other?.first ?? mark.first);
    last.set(key, { ...(other && other.id > mark.id ? other : mark), first });
  }
  return [...last.values()];
}

/** The latest revision of the rules that one of these chunks goes by. */
function revisionOf(chunks: readonly ChunkToDraw[]): number {
  return chunks.reduce((latest, { planRevision }) => Math.max(latest, planRevision), 1);
}

type Kept = { revision: number; depth: number; items: number; of: Map<string, Drawn> };

/** By chunk and revision of the rules that it was drawn by, the one that was used last at the end. */
const kept = new Map<string, Kept>();
let keptItems = 0;

/** What was drawn of chunks, for as long as somebody reads: a chunk that is kept no more meanwhile is here still. */
class Draws {
  readonly #client: Querying;
  readonly #seed: Buffer;
  readonly #planRevision: number;
  readonly #used = new Map<string, Kept>();

  /** @param planRevision of the rules, which the seed is of */
  constructor(client: Querying, seed: Buffer, planRevision: number) {
    this.#client = client;
    this.#seed = seed;
    this.#planRevision = planRevision;
  }

  rankOf(ordinal: number): number {
    return rankNumber(sampleRank(this.#seed, ordinal));
  }

  of({ id }: ChunkToDraw): Kept['of'] {
    return this.#used.get(id)?.of ?? new Map();
  }

  drawn(chunk: ChunkToDraw, category: string): Drawn {
    return this.of(chunk).get(category) ?? NOTHING_DRAWN;
  }

  /** Draws what is not known so deep; a few chunks at a time, for the answer holds every item of a small one. */
  async draw(chunks: readonly ChunkToDraw[], depth: number): Promise<void> {
    const unknown = chunks.filter((chunk) => !this.#knows(chunk, depth));
    // The samples of a chunk's checkpoint are drawn by the rules that the chunk goes by.
    const sampled = depth <= SAMPLES_PER_CATEGORY ? unknown.filter((chunk) => chunk.planRevision === this.#planRevision) : [];
    const looks = sampled.length > 0 ? await readKeptLooks(this.#client, sampled) : new Map();
    const missing: ChunkToDraw[] = [];
    const takeTurn = turns();
    for (const chunk of unknown) {
      const look = looks.get(chunk.id);
      if (look) this.#take(chunk, SAMPLES_PER_CATEGORY, fromLook(look, this.#seed));
      else missing.push(chunk);
      // Each has dozens of ranks to be hashed, and there may be thousands.
      await takeTurn();
    }
    for (let from = 0; from < missing.length; ) {
      let [to, items] = [from, 0];
      while (to < missing.length && (to === from || items + (missing[to]?.itemCount ?? 0) <= DRAWN_AT_ONCE_ITEMS))
        items += missing[to++]?.itemCount ?? 0;
      await this.#read(missing.slice(from, to), depth);
      from = to;
    }
  }

  /** Draws more of these than is known of any of them. */
  async deepen(chunks: readonly ChunkToDraw[]): Promise<void> {
    const depth = chunks.reduce((most, { id }) => Math.max(most, this.#used.get(id)?.depth ?? 0), 0);
    await this.draw(chunks, Math.max(DRAWN_DEEPER, 4 * depth));
  }

  #knows({ id, revision }: ChunkToDraw, depth: number): boolean {
    const used = this.#used.get(id);
    if (used && used.depth >= depth) return true;
    const known = kept.get(this.#nameOf(id));
    if (known?.revision !== revision || known.depth < depth) return false;
    kept.delete(this.#nameOf(id));
    kept.set(this.#nameOf(id), known);
    this.#used.set(id, known);
    return true;
  }

  async #read(chunks: readonly ChunkToDraw[], depth: number): Promise<void> {
    const rows = await readDrawn(
      this.#client,
      this.#seed,
      chunks.map(({ id }) => id),
      depth,
    );
    const byChunk = Map.groupBy(rows, ({ chunkId }) => chunkId);
    for (const chunk of chunks) {
      const own = byChunk.get(chunk.id) ?? [];
      this.#take(chunk, depth, new Map(own.map(({ category, count, drawn }) => [category, { count, ...unpacked(drawn) }])));
    }
  }

  #take({ id, revision }: ChunkToDraw, depth: number, of: Kept['of']): void {
    const items = [...of.values()].reduce((sum, { ordinals }) => sum + ordinals.length, 1);
    const read = { revision, depth, items, of };
    this.#used.set(id, read);
    keep(this.#nameOf(id), read);
  }

  #nameOf(id: string): string {
    return `${id} ${this.#planRevision}`;
  }
}

function fromLook({ counts, random }: Pick<Look, 'counts' | 'random'>, seed: Buffer): Kept['of'] {
  const picked = Map.groupBy(random, ({ category }) => category);
  return new Map(
    [...counts].map(([category, count]) => {
      const ordinals = Int32Array.from(picked.get(category) ?? [], ({ ordinal }) => ordinal);
      return [
        category,
        { count, ordinals, ranks: Float64Array.from(ordinals, (ordinal) => rankNumber(sampleRank(seed, ordinal))) },
      ];
    }),
  );
}

function keep(id: string, read: Kept): void {
  keptItems += read.items - (kept.get(id)?.items ?? 0);
  kept.delete(id);
  kept.set(id, read);
  for (const [oldest, { items }] of kept) {
    if (keptItems <= DRAWN_KEPT_ITEMS) return;
    kept.delete(oldest);
    keptItems -= items;
  }
}

const DRAWN_BYTES = 12;

function unpacked(drawn: Buffer | null): Omit<Drawn, 'count'> {
  const length = (drawn?.length ?? 0) / DRAWN_BYTES;
  const [ordinals, ranks] = [new Int32Array(length), new Float64Array(length)];
  for (let at = 0; drawn && at < length; at += 1) {
    ranks[at] = rankNumber(drawn, at * DRAWN_BYTES);
    ordinals[at] = drawn.readInt32BE(at * DRAWN_BYTES + 8);
  }
  return { ordinals, ranks };
}
