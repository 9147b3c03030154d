/**
 * I5: freezes manifests while they are built, so that each is built once. Whether a chunk is what was approved is known behind its last row. So rows are
 * held back until their chunk is judged, and those of a chunk that is too large for that are written under a savepoint. Of a chunk that is
 * dropped nothing stays. The database writes while the next rows are built.
 */
import { targetOfRequest } from '#lib/connectors/registry.ts';
import { PAGE_BYTES } from '#lib/core/limits.ts';
import {
  type FrozenChunk,
  freezeRows,
  keepFrozen,
  type Mark,
  markRows,
  type RowsToFreeze,
  targetsOf,
} from '#lib/store/checkpoints/frozen.sql.ts';
import { type BuiltManifest, type BuiltRow, countTargets } from '#lib/store/checkpoints/manifest.sql.ts';
import type { BatchRow, ChunkRow } from '#lib/store/chunks/chunks.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** Rows that are held back of one chunk, and of all before it; their requests have PAGE_BYTES. */
const HELD_ROWS = 5_000;
/** Of one statement: in between the next rows are read. */
const WRITTEN_ROWS = 1_000;

type Held = RowsToFreeze & { bytes: number };
/** How many actions go to each connector or connection. */
type Counts = Map<string, number>;

/** The chunk whose rows come in. */
type Open = {
  held: Held[];
  hasFirst: boolean;
  /** of its own actions */
  sent: Counts;
  /** where it runs backwards: its actions that are not among the rows yet, and so run before them */
  ahead: Counts | null;
  /** some of its rows are written, under a savepoint */
  written: boolean;
  /** a request of it can't be built: it is not approved, and its rows are of no use */
  faulty: boolean;
};

/** Takes the rows of chunk after chunk, in the order of their numbers: each is kept or dropped before the next one begins. */
export class Freezer {
  readonly #lane: Querying;
  readonly #batch: BatchRow;
  readonly #decisionId: string;
  /** how many of each target run before a person releases the rest; 0: all */
  readonly #first: number;
  /** over the chunks that are kept: the first n are counted through all of them */
  readonly #sent: Counts = new Map();
  readonly #frozen: FrozenChunk[] = [];
  readonly #targets = new Map<string, Set<string>>();
  #kept: Held[] = [];
  #open: Open | null = null;
  #writing: Promise<void> = Promise.resolve();

  /**
   * @param lane a connection that others ask too while this writes
   * @param first how many run first, where whoever decides wants fewer than the plan
   */
  constructor(lane: Querying, batch: BatchRow, decisionId: string, first?: number | null) {
    this.#lane = lane;
    this.#batch = batch;
    this.#decisionId = decisionId;
    this.#first = firstOf(batch.plan.execution.first, first ?? null);
  }

  /** Some rows of a chunk, in ordinal order. */
  async add(row: ChunkRow, rows: BuiltRow[]): Promise<void> {
    const open = await this.#opened(row);
    const first = this.#firstOf(open, rows);
    const bytes = rows.reduce((sum, { requestBytes }) => sum + (requestBytes?.length ?? 0), 0);
    open.hasFirst ||= first.size > 0;
    open.faulty ||= rows.some(({ action, request }) => action !== null && request === null);
    if (open.faulty) open.held = [];
    else open.held.push({ chunkId: row.id, rows, first, bytes });
    if (isFull([...this.#kept, ...open.held])) await this.#writeKept();
    if (!isFull(open.held)) return;
    if (!open.written) await this.#mark('begin');
    open.written = true;
    await this.#write(open.held);
    open.held = [];
  }

  /** The chunk is what was approved: its rows stay. */
  async keep(row: ChunkRow, { acting }: BuiltManifest): Promise<void> {
    const open = await this.#opened(row);
    if (open.faulty) throw new Error(`A request of chunk ${row.number} can't be built: it may not be approved.`);
    if (open.written) await this.#mark('keep');
    // Without actions there is nothing to wait for: the worker settles it at once.
    const released = this.#first === 0 || acting === 0;
    this.#frozen.push({ chunkId: row.id, hasFirst: open.hasFirst, released, approvedActions: acting, targets: [] });
    for (const [target, count] of open.sent) raise(this.#sent, target, count);
    this.#kept.push(...open.held);
    this.#open = null;
  }

  /** The chunk is not what was approved, or may not be: nothing of it stays. */
  async drop(): Promise<void> {
    if (this.#open?.written) await this.#mark('drop');
    this.#open = null;
  }

  /** Writes what is held back, and onto the chunks what was frozen of them. */
  async end(): Promise<void> {
    await this.#writeKept();
    await this.settle();
    const frozen = this.#frozen.map((chunk) => ({ ...chunk, targets: [...(this.#targets.get(chunk.chunkId) ?? [])].sort() }));
    await keepFrozen(this.#lane, this.#decisionId, frozen);
  }

  /** Waits until nothing is being written. Throws what that met: whatever was refused after it was refused for it. */
  settle(): Promise<void> {
    return this.#writing;
  }

  async #opened(row: ChunkRow): Promise<Open> {
    this.#open ??= {
      ...{ held: [], hasFirst: false, sent: new Map(), written: false, faulty: false },
      ahead: row.backwards ? await this.#actionsOf(row) : null,
    };
    return this.#open;
  }

  async #actionsOf(row: ChunkRow): Promise<Counts> {
    const { id: batchId, plan } = this.#batch;
    const counts: Counts = new Map();
    for (const action of await countTargets(this.#lane, { batchId, plan }, row.id))
      raise(counts, targetKey(action), action.count);
    return counts;
  }

  /** Which of these run first: so many of each connector or connection, over all chunks of the decision. */
  #firstOf({ sent, ahead }: Open, rows: readonly BuiltRow[]): Set<number> {
    const first = new Set<number>();
    for (const { ordinal, action } of rows) {
      if (!action) continue;
      const target = targetKey(action);
      // Where it runs backwards the first to run are the last of the rows.
      if (ahead) raise(ahead, target, -1);
      const before = (ahead ?? sent).get(target) ?? 0;
      raise(sent, target, 1);
      if ((this.#sent.get(target) ?? 0) + before < this.#first) first.add(ordinal);
    }
    return first;
  }

  /** A savepoint is where it is in the order of the writes: what is being written ends before it. */
  async #mark(what: Mark): Promise<void> {
    await this.settle();
    await markRows(this.#lane, what);
  }

  async #writeKept(): Promise<void> {
    const kept = this.#kept;
    this.#kept = [];
    await this.#write(kept);
  }

  /** Begins to write these, once those before them are written. */
  async #write(held: readonly Held[]): Promise<void> {
    await this.settle();
    this.#writing = this.#writeAll(held);
    // It is told by `settle`.
    this.#writing.catch(() => {});
  }

  async #writeAll(held: readonly Held[]): Promise<void> {
    let some: Held[] = [];
    for (const [index, page] of held.entries()) {
      some.push(page);
      if (rowsOf(some) < WRITTEN_ROWS && index < held.length - 1) continue;
      await freezeRows(this.#lane, this.#decisionId, some);
      for (const [chunkId, targets] of await targetsOf(this.#lane, some, targetOfRequest))
        this.#targets.set(chunkId, new Set([...(this.#targets.get(chunkId) ?? []), ...targets]));
      some = [];
    }
  }
}

/** A decision may ask for fewer than the plan runs first, and never for more; 0 is all. */
function firstOf(planned: number, asked: number | null): number {
  if (asked === null) return planned;
  return planned === 0 ? asked : Math.min(planned, asked);
}

const rowsOf = (held: readonly Held[]): number => held.reduce((sum, { rows }) => sum + rows.length, 0);

function isFull(held: readonly Held[]): boolean {
  return rowsOf(held) >= HELD_ROWS || held.reduce((sum, { bytes }) => sum + bytes, 0) >= PAGE_BYTES;
}

const targetKey = ({ connector, connection }: { connector: string; connection: string | null }): string =>
  JSON.stringify([connector, connection]);

function raise(counts: Counts, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
