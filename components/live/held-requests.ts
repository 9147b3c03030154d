/**
 * What a page asks of a server that does not answer. Next takes a page that could not be read for one to be opened by the browser, which then shows its own
 * error page and has lost ours: a page that is asked for waits here instead. A write is not begun: it is known then that nothing was sent.
 */
import { connection, NotSent, onConnection, tellConnection } from '#components/ui/connection.ts';
import { serverAnswers } from './event-stream.ts';

type Fetch = typeof fetch;

const LOOK_MS = 500;
const LOOK_MS_MAX = 5_000;
/** Answers of whatever stands before the server. */
const AWAY: readonly number[] = [502, 503, 504];

/** `send`, but that pages wait for the server and writes are refused while it is away. */
export function holdingRequests(send: Fetch, origin: string): Fetch {
  return async (input, init) => {
    const kind = kindOf(
      new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined)),
      input,
      init,
      origin,
    );
    if (kind === 'write' && !connection().answers) throw new NotSent();
    return kind === 'page' ? onceAnswered(send, input, init) : send(input, init);
  };
}

function kindOf(
  headers: Headers,
  input: Parameters<Fetch>[0],
  init: RequestInit | undefined,
  origin: string,
): 'page' | 'write' | 'other' {
  const [url, method] = input instanceof Request ? [input.url, input.method] : [String(input), 'GET'];
  if (new URL(url, origin).origin !== origin) return 'other';
  if (!['GET', 'HEAD'].includes(init?.method ?? method)) return 'write';
  // What Next reads ahead of a click is nobody's wish yet.
  const ahead = headers.has('next-router-prefetch') || headers.has('next-router-segment-prefetch');
  return headers.get('rsc') === '1' && !ahead ? 'page' : 'other';
}

async function onceAnswered(send: Fetch, input: Parameters<Fetch>[0], init: RequestInit | undefined): Promise<Response> {
  let refusals = 0;
  for (let look = LOOK_MS; ; look = Math.min(look * 2, LOOK_MS_MAX)) {
    if (!connection().answers) await held();
    const got = await send(input, init)
      .then(whole)
      .catch((fault: unknown) => ({ fault }));
    const failed = 'fault' in got;
    if (!failed && (!AWAY.includes(got.status) || isPage(got))) return got;
    // Where the server answers others, and this one neither now nor at once again, the browser may show what there is.
    if (init?.signal?.aborted || ((await serverAnswers(send)) && ++refusals > 1)) {
      if (failed) throw got.fault;
      return got;
    }
    if (!failed) await got.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, look));
  }
}

let holding = 0;

/** Waits until the server answers, and has the page say that something waits. */
async function held(): Promise<void> {
  holding += 1;
  tellConnection({ opening: true });
  await new Promise<void>((resolve) => {
    const stop = onConnection(() => {
      if (!connection().answers) return;
      stop();
      resolve();
    });
  });
  holding -= 1;
  if (holding === 0) tellConnection({ opening: false });
}

/** A page that breaks off half way would put an error in the place of what is shown, with what was typed there: Next is given it once it is all there. */
async function whole(response: Response): Promise<Response> {
  if (!isPage(response) || response.body === null) return response;
  const { url, redirected, status, statusText, headers } = response;
  const read = new Response(await response.arrayBuffer(), { status, statusText, headers });
  return Object.defineProperties(read, { url: { value: url }, redirected: { value: redirected } });
}

function isPage(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/x-component') ?? false;
}
