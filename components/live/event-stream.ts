/**
 * The one stream of events of a tab, which all its pages share. It knows since when nothing was heard, comes back by itself, and goes on from the last
 * event. It is open only while something on the page follows it, and not for long in a tab that nobody sees: a browser has few connections to a site.
 */
import { type Connection, tellConnection } from '#components/ui/connection.ts';
import { tellSignedOut } from '#components/ui/signed-out.ts';
import { LIVE_SILENT_MS } from '#lib/core/limits.ts';
import { type ServerEvent, serverEvents } from './server-events.ts';

/** What is followed besides the hints that everybody hears. */
export type Watch = {
  batch?: string;
  board?: true /** the checkpoint that is open, `<batch>.<number>`: others there are told */;
  chunk?: string;
};
type Hear = (event: Pick<ServerEvent, 'event' | 'data'>) => void;

/** The world as it is for a tab; a test has another. */
type World = {
  /** where the first stream begins, as the page says that was read before; null: anything may have changed since */
  place?: string | null;
  send: (path: string, init: RequestInit) => Promise<Response>;
  visible: () => boolean;
  tell: (change: Partial<Connection>) => void;
  signedOut: () => void;
  random: () => number;
};

/** A server that has not begun to answer by then does not answer. */
const CONNECT_MS = 4_000;
/** The wait before the next attempt: doubled from the first to the last, half of it by chance, so that many tabs don't come back at once. */
const WAIT_MS = 500;
const WAIT_MS_MAX = 5_000;
/** A stream that lived for so long may end for a good reason: it is opened anew at once, and only if that fails is the view lost. */
const STEADY_MS = 5_000;
const AT_ONCE_MS = 300;
/** A tab that nobody sees lets go of its connection. */
const HIDDEN_MS = 30_000;
const SIGNED_OUT_MS = 30_000;

type End =
  /** it was ended here: another page is followed, or nobody looks */
  | 'ended'
  | 'signed out'
  /** `answers`: whether the server does; null where that is not known by this */
  | { steady: boolean; answers: boolean | null; why: string | null };

export type EventStream = ReturnType<typeof createEventStream>;

/** @internal for its tests; a tab has `eventStream()` */
export function createEventStream({ place = null, send, visible, tell, signedOut, random }: World) {
  const followers = new Set<{ hear: Hear; watch: Watch }>();
  let whole: AbortController | null = null;
  let attempt: { path: string; over: AbortController } | null = null;
  let adjusting: ReturnType<typeof setTimeout> | undefined;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  let heardAt = Date.now();
  let lastEventId = place ?? '';
  let lost = false;
  let looking = false;
  const sleeping = new Set<() => void>();

  const run = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      if (!visible()) {
        await sleep(Number.POSITIVE_INFINITY, signal);
        continue;
      }
      const end = await follow(signal);
      if (signal.aborted) return;
      if (end === 'ended') continue;
      if (end === 'signed out') {
        well();
        signedOut();
        await sleep(SIGNED_OUT_MS, signal);
        continue;
      }
      if (end.steady) {
        failures = 0;
        await sleep(random() * AT_ONCE_MS, signal);
        continue;
      }
      // What was learned of a loss holds until more is.
      const answers = end.answers ?? (lost ? null : false);
      lost = true;
      tell({ lostAt: heardAt, why: end.why, ...(answers === null ? {} : { answers }) });
      if (end.answers === null) void look();
      const wait = Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** failures);
      failures += 1;
      await sleep(wait / 2 + (random() * wait) / 2, signal);
    }
  };

  /** Whether the server answers at all: it may be that only the stream does not come through. */
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const answers = await serverAnswers(send);
    looking = false;
    if (lost) tell({ answers });
  };

  const well = (): void => {
    lost = false;
    tell({ lostAt: null, answers: true, why: null });
  };

  /** Opens the stream and hears it to its end. */
  const follow = async (signal: AbortSignal): Promise<End> => {
    const over = new AbortController();
    const silent = new AbortController();
    const path = pathOf(followers);
    attempt = { path, over };
    const begunAt = Date.now();
    let open = false;
    let patience = setTimeout(() => silent.abort(), CONNECT_MS);
    const heard = (): void => {
      clearTimeout(patience);
      patience = setTimeout(() => silent.abort(), LIVE_SILENT_MS);
      if (open) heardAt = Date.now();
    };
    try {
      const response = await send(path, {
        headers: { Accept: 'text/event-stream', ...(lastEventId ? { 'Last-Event-ID': lastEventId } : {}) },
        cache: 'no-store',
        signal: AbortSignal.any([signal, over.signal, silent.signal]),
      });
      if (response.status === 401) return 'signed out';
      const { body } = response;
      if (!response.ok || !body || !isOf(response, 'text/event-stream')) return await refusedBy(response);
      for await (const { id, event, data } of serverEvents(body, heard)) {
        if (id !== null) lastEventId = id;
        if (!open) {
          // The server writes a line before it has looked at anything: the first event says that it has.
          open = true;
          heardAt = Date.now();
          well();
        }
        for (const { hear } of [...followers]) hear({ event, data });
      }
    } catch {
      // It broke off, or was broken off here.
    } finally {
      clearTimeout(patience);
      attempt = null;
    }
    if (over.signal.aborted) return 'ended';
    return { steady: open && !silent.signal.aborted && Date.now() - begunAt > STEADY_MS, answers: null, why: null };
  };

  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        sleeping.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(wake, ms);
      sleeping.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });

  /** A page that goes and the next one that comes are one change. */
  const adjust = (): void => {
    clearTimeout(adjusting);
    adjusting = setTimeout(() => {
      if (followers.size === 0) {
        whole?.abort();
        whole = null;
        well();
      } else if (whole === null) {
        whole = new AbortController();
        heardAt = Date.now();
        void run(whole.signal);
      } else if (attempt && attempt.path !== pathOf(followers)) attempt.over.abort();
    }, 0);
  };

  return {
    /** Hears every event from now on, until the returned function is called. The first one after a gap says what may have changed. */
    follow(hear: Hear, watch: Watch = {}): () => void {
      const follower = { hear, watch };
      followers.add(follower);
      adjust();
      return () => {
        followers.delete(follower);
        adjust();
      };
    },
    /** The tab is seen again, or the network is back: no waiting. */
    hurry(): void {
      for (const wake of [...sleeping]) wake();
    },
    /** Whether anybody sees the tab has changed. */
    seen(): void {
      clearTimeout(hiding);
      if (visible()) this.hurry();
      else hiding = setTimeout(() => attempt?.over.abort(), HIDDEN_MS);
    },
  };
}

let stream: EventStream | null = null;
let begins: string | null = null;

/** Says where this tab's stream begins, before anything on the page follows it; a stream that is there goes on from where it is. */
export function beginEventsAt(place: string | null): void {
  if (typeof window !== 'undefined' && stream === null) begins = place;
}

/** This tab's stream; only in the browser. */
export function eventStream(): EventStream {
  if (stream) return stream;
  const mine = createEventStream({
    place: begins,
    send: (path, init) => fetch(path, init),
    visible: () => document.visibilityState === 'visible',
    tell: tellConnection,
    signedOut: tellSignedOut,
    random: Math.random,
  });
  stream = mine;
  for (const back of ['online', 'focus', 'pageshow']) window.addEventListener(back, () => mine.hurry());
  document.addEventListener('visibilitychange', () => mine.seen());
  return mine;
}

/** Whether the server answers at all; a page of whatever stands before it is no answer. */
export async function serverAnswers(send: World['send']): Promise<boolean> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), CONNECT_MS);
  return send('/healthz', { cache: 'no-store', signal: late.signal })
    .then(({ ok }) => ok)
    .catch(() => false)
    .finally(() => clearTimeout(timer));
}

function pathOf(followers: Iterable<{ watch: Watch }>): string {
  const query = new URLSearchParams();
  for (const { watch } of followers) {
    if (watch.batch) query.set('batch', watch.batch);
    if (watch.board) query.set('board', 'true');
    if (watch.chunk) query.set('chunk', watch.chunk);
  }
  const asked = query.toString();
  return `/api/v1/events${asked && '?'}${asked}`;
}

/** Our own refusals say why, and that the server answers; whatever else comes says neither. */
async function refusedBy(response: Response): Promise<End> {
  if (!isOf(response, 'application/problem+json')) {
    await response.body?.cancel();
    return { steady: false, answers: null, why: null };
  }
  const { detail } = (await response.json()) as { detail?: unknown };
  return { steady: false, answers: true, why: typeof detail === 'string' ? detail : null };
}

function isOf(response: Response, type: string): boolean {
  return response.headers.get('content-type')?.startsWith(type) ?? false;
}
