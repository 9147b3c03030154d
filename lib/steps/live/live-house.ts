/** The one stream that a page follows: hints of what changed anywhere, and with them the batch or the board that is on the page, as they go. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may, type Verb } from '#lib/auth/authorise.ts';
import { HOUSE_BATCHES_NAMED_MAX, HOUSE_MS, LIVE_BEAT_MS, LIVE_SILENT_MS } from '#lib/core/limits.ts';
import { type Changed, LIVE_TOPICS, type LiveTopic } from '#lib/shapes/live.ts';
import { type HouseNow, readHouse } from '#lib/store/live/house.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { followAs } from './live-actors.ts';
import { READING_SHARE, sleepUntil, wakeAll } from './live-batch.ts';
import { type BoardEvent, streamBoard } from './live-board.ts';
import { merged } from './merged.ts';
import { takePlace } from './places.ts';
import { seatAt } from './seats.ts';
import { type BatchEvent, streamEvents } from './stream-events.ts';
import { visit } from './visit.ts';

type ChangedEvent = { id: string; event: 'changed'; data: Changed } | { comment: string };
export type HouseEvent = ChangedEvent | BatchEvent | BoardEvent;

type Input = {
  /** the batch to follow too */
  batchId?: string | undefined;
  /** the board too */
  board?: boolean | undefined;
  /** the checkpoint that is open on the page: others are told who is there */
  chunk?: { batchId: string; number: number } | undefined;
  lastEventId?: string | null | undefined;
  signal: AbortSignal;
  /** called as soon as the actor may no longer, also while nobody reads on */
  onEnd?: () => void;
};

/** Only the house itself beats: a batch that goes on being told of says nothing of the rest. */
const NO_BEAT_MS = 2 ** 31 - 1;

/** Who may see what a topic is about. Of anything else nobody is told that it changed. */
const SEEN_BY: Record<LiveTopic, Verb> = {
  ...{ batches: 'see_batches', datasets: 'see', tasks: 'see', people: 'people' },
  // To everybody, for each has some: that there is another one says nothing of it.
  notices: 'see_batches',
};

/** The rarest first. */
const SEEN: readonly Verb[] = ['people', 'see', 'see_batches'];

/** Where a stream was: the hints of this process up to a number, and the last event of its batch. */
const PLACE = /^(?:([0-9a-f]{16})\.(\d{1,15}))?_(\d{0,18})$/;

/**
 * First what changed since `lastEventId`, or that anything may have; then every change, at most every HOUSE_MS, and of the batch and the board as their own
 * streams tell it. After each look at the database something is said, if only that nothing changed: who hears nothing for LIVE_SILENT_MS shows what may be
 * old. Ends and throws as those streams do. Null when there is no such batch.
 *
 * @throws CountersignError `forbidden`; `unavailable` to whoever follows too many streams already
 */
export async function streamHouse(actor: Actor, input: Input): Promise<AsyncGenerator<HouseEvent> | null> {
  authorise(actor, 'see_batches');
  if (input.chunk) authorise(actor, 'see');
  const over = new AbortController();
  const leave = takePlace(actor);
  const signal = AbortSignal.any([input.signal, over.signal]);
  // Whoever leaves before the first event is read leaves too: the generators' own ends would not run.
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  const [, epoch, version, batchEvent = ''] = PLACE.exec(input.lastEventId ?? '') ?? [];
  const since = epoch === undefined ? null : { epoch, version: Number(version) };
  const own = { signal, ...(input.onEnd ? { onEnd: input.onEnd } : {}) };
  try {
    const sources: AsyncGenerator<HouseEvent>[] = [changes(actor, since, own)];
    if (input.board) sources.push(await streamBoard(actor, own, NO_BEAT_MS));
    if (input.batchId !== undefined) {
      const batch = await streamEvents(actor, { ...own, batchId: input.batchId, lastEventId: batchEvent }, NO_BEAT_MS);
      if (batch === null) {
        over.abort();
        return null;
      }
      sources.push(batch);
    }
    if (input.chunk) await beginVisit(actor, input.chunk, signal);
    return placed(
      merged(sources, () => over.abort()),
      { house: since ? `${since.epoch}.${since.version}` : '', batch: batchEvent },
    );
  } catch (error) {
    over.abort();
    throw error;
  }
}

/**
 * Where the hints of this process are, for whoever reads now and follows later: with it as `lastEventId` they are told what changed since and nothing
 * else. Ask before anything is read. Null where nobody follows, so that nothing is known.
 */
export function placeInHouse(): string | null {
  const house = state.countersignHouse;
  return house?.now ? `${house.epoch}.${house.version}_` : null;
}

/** A chunk that is not there is looked at by nobody. */
async function beginVisit(
  actor: Actor,
  { batchId, number }: { batchId: string; number: number },
  signal: AbortSignal,
): Promise<void> {
  const { pool, prisma } = db();
  const chunk = await prisma.chunk.findUnique({ where: { batchId_number: { batchId, number } }, select: { id: true } });
  if (chunk) void visit(pool, actor, { batchId, chunkId: chunk.id, number }, signal);
}

/** Each event with the place of the whole: whoever comes back with it goes on in all of it. */
async function* placed(events: AsyncIterable<HouseEvent>, place: { house: string; batch: string }): AsyncGenerator<HouseEvent> {
  for await (const event of events) {
    if ('comment' in event) yield event;
    else {
      if (event.event === 'changed') place.house = event.id;
      else if (event.event !== 'board') place.batch = event.id;
      yield { ...event, id: `${place.house}_${place.batch}` };
    }
  }
}

async function* changes(
  actor: Actor,
  since: { epoch: string; version: number } | null,
  { signal: left, onEnd = () => {} }: Pick<Input, 'signal' | 'onEnd'>,
): AsyncGenerator<ChangedEvent> {
  if (left.aborted) return;
  const { pool } = db();
  // Whose role is lowered comes back as what they are now.
  const followed = followAs(pool, actor, SEEN.find((verb) => may(actor, verb)) ?? 'see_batches');
  followed.ended.addEventListener('abort', onEnd);
  const signal = AbortSignal.any([left, followed.ended]);
  const { house: mine, leave } = sit(pool);
  // A stream that nobody reads on from must not keep a reader.
  signal.addEventListener('abort', leave, { once: true });
  let seen = since?.epoch === mine.epoch ? since.version : null;
  let began = false;
  let looked = mine.now;
  try {
    for (;;) {
      if (left.aborted) return;
      if (followed.fault()) throw followed.fault();
      if (signal.aborted) return;
      if (mine.fault) throw mine.fault;
      if (mine.askedAt !== null && performance.now() - mine.askedAt > LIVE_SILENT_MS) {
        // Who comes back begins anew.
        if (state.countersignHouse === mine) state.countersignHouse = null;
        throw new Error(`The database has not answered a live page for ${LIVE_SILENT_MS / 1000} s.`);
      }
      if (mine.now && (!began || mine.version !== seen)) {
        const data = forRole(actor, newsSince(mine, seen));
        seen = mine.version;
        // The first says where the stream begins, even where nothing changed.
        if (!began || data.topics.length > 0) yield { id: `${mine.epoch}.${seen}`, event: 'changed', data };
        else yield { comment: 'still here' };
        began = true;
        continue;
      }
      await sleepUntil(mine.waiting, LIVE_SILENT_MS, signal);
      if (!began || signal.aborted || mine.fault || mine.version !== seen || mine.now === looked) continue;
      looked = mine.now;
      yield { comment: 'still here' };
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
    followed.leave();
  }
}

type News = { topics: Set<LiveTopic> /** null: any of them */; batches: Set<string> | null };
type House = {
  pool: ReturnType<typeof db>['pool'];
  /** names this reader among all that ever were */
  epoch: string;
  seats: number;
  leftAt: number;
  now: HouseNow | null;
  /** raised with every difference; `news` has the last of them */
  version: number;
  news: (News & { version: number })[];
  /** since when the database is asked; null while it is not */
  askedAt: number | null;
  fault: unknown;
  waiting: Set<() => void>;
};

/** So many differences are kept for those who come back. */
const NEWS_KEPT = 60;
/** The reader goes on for so long after the last one left: a page that goes from one batch to another comes back at once. */
const LINGER_MS = 10_000;

/** One for pages and paths: each has modules of its own. */
const state = globalThis as typeof globalThis & { countersignHouse?: House | null };

/** Takes a seat; the first one starts the reader. Whoever leaves twice leaves once. */
function sit(pool: House['pool']): { house: House; leave: () => void } {
  const there = state.countersignHouse;
  const mine = there?.pool === pool ? there : begin(pool);
  state.countersignHouse = mine;
  const leave = seatAt(mine, () => {
    mine.leftAt = performance.now();
  });
  return { house: mine, leave };
}

function begin(pool: House['pool']): House {
  const mine: House = {
    ...{ pool, epoch: randomBytes(8).toString('hex'), seats: 0, leftAt: performance.now(), now: null, version: 0, news: [] },
    ...{ askedAt: null, fault: null, waiting: new Set() },
  };
  const wanted = (): boolean => mine.seats > 0 || performance.now() - mine.leftAt < LINGER_MS;
  const read = async (): Promise<void> => {
    while (wanted()) {
      const began = performance.now();
      mine.askedAt = began;
      const now = await readHouse(pool);
      mine.askedAt = null;
      const news = mine.now && differences(mine.now, now);
      if (news) {
        mine.version += 1;
        mine.news = [...mine.news.slice(1 - NEWS_KEPT), { version: mine.version, ...news }];
      }
      mine.now = now;
      wakeAll(mine.waiting);
      const rest = Math.min(LIVE_BEAT_MS, (performance.now() - began) / READING_SHARE);
      await sleep(Math.max(HOUSE_MS, rest), undefined, { ref: false });
    }
    // At once, so that nobody sits down before a reader that is over.
    leave();
  };
  const leave = (): void => {
    if (state.countersignHouse === mine) state.countersignHouse = null;
  };
  read().catch((error: unknown) => {
    // Those who look are told by the end of their stream and come back; the next one begins anew.
    mine.fault = error;
    leave();
    wakeAll(mine.waiting);
  });
  return mine;
}

/** What of the house differs; null when nothing does. */
function differences(before: HouseNow, now: HouseNow): News | null {
  const topics = new Set(LIVE_TOPICS.filter((topic) => before.marks[topic] !== now.marks[topic]));
  // What nobody announced may be of any batch.
  const any = topics.has('batches') || now.told.size > HOUSE_BATCHES_NAMED_MAX;
  const batches = new Set([...now.told].filter(([id, last]) => before.told.get(id) !== last).map(([id]) => id));
  if (batches.size > 0) topics.add('batches');
  return topics.size > 0 ? { topics, batches: any ? null : batches } : null;
}

/** All that was new after this version; anything, where that is not known any more. */
function newsSince({ news, version }: House, seen: number | null): News {
  if (seen === null || version - seen > news.length) return { topics: new Set(LIVE_TOPICS), batches: null };
  const missed = news.filter((one) => one.version > seen);
  return {
    topics: new Set(missed.flatMap(({ topics }) => [...topics])),
    batches: missed.some(({ batches }) => batches === null)
      ? null
      : new Set(missed.flatMap(({ batches }) => [...(batches ?? [])])),
  };
}

function forRole(actor: Actor, { topics, batches }: News): Changed {
  const seen = [...topics].filter((topic) => may(actor, SEEN_BY[topic]));
  const named = batches && [...batches];
  return { topics: seen, batches: named === null || named.length > HOUSE_BATCHES_NAMED_MAX ? null : named };
}
