/**
 * A fake HTTP target in a process of its own, and the oracle of what really happened: it appends one JSON line per effect to a log and
 * syncs it before it answers. The product never reads that log.
 *
 *     node test/target.ts --port 0 --log FILE [--latency MS] [--mode MODE] [--honour-keys]
 *
 * It prints `listening PORT`. `POST /__mode` with `{"mode": …}` changes the mode; with `path` and `times` too, it holds for so many requests to
 * that path. `{"latency": MS}` changes how long an answer takes. It answers how many requests have begun to arrive and are not decided yet. The modes:
 * ok: acts, 201 with an id. 500-after: acts, then 500. timeout-after: acts, never answers. reset-after: acts, then drops the connection.
 * at-it: acts, then drops the connection; where it honours keys, who repeats it hears twice that it is still at it (409). refuse: 422 without acting;
 * where it honours keys, so does every repeat of that key for ever. deny: 401 without acting. hang: reads the request, never acts nor answers.
 *
 * `GET /by-key/KEY` says what a request with this key did: 200 and its body, or 404. `{"lookup": "lies"}` to `/__mode` makes it say 404
 * always, `"broken"` 500.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

export const MODES = ['ok', '500-after', 'timeout-after', 'reset-after', 'at-it', 'refuse', 'deny', 'hang'] as const;
export type Mode = (typeof MODES)[number];
const LOOKUPS = ['true', 'lies', 'broken'] as const;
export type Lookup = (typeof LOOKUPS)[number];

/** One line of the log. `repeat` is a request whose key was honoured: it did nothing. */
export type TargetLine = { at: string; key: string | null; method: string; path: string; body: string; effect: true | 'repeat' };

export type RunningTarget = {
  port: number;
  url: string;
  pid: number;
  /** What the log says now. */
  lines(): TargetLine[];
  mode(mode: Mode): Promise<void>;
  /** From now on answers take so long, in ms. */
  latency(ms: number): Promise<void>;
  /** How it answers who looks something up. */
  lookup(lookup: Lookup): Promise<void>;
  /** The next `times` requests to this path are met so; all others as before. */
  modeOf(path: string, mode: Mode, times: number): Promise<void>;
  /** Resolves when every request that had begun to arrive by now is decided: its effect, if it has one, is in the log. */
  decided(): Promise<void>;
  /** Ends the process and waits until it is gone; the log stays. */
  stop(signal?: NodeJS.Signals): Promise<void>;
};

/** Starts the target as a process of its own. A log that is there already is continued, its keys remembered. */
export async function startTarget(options: {
  log: string;
  port?: number;
  mode?: Mode;
  latencyMs?: number;
  honourKeys?: boolean;
}): Promise<RunningTarget> {
  const { log, port = 0, mode = 'ok', latencyMs = 0, honourKeys = false } = options;
  const flags = [
    '--port',
    String(port),
    '--log',
    log,
    '--mode',
    mode,
    '--latency',
    String(latencyMs),
    ...(honourKeys ? ['--honour-keys'] : []),
  ];
  const child = spawn(process.execPath, [import.meta.filename, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const bound = await listening(child);
  const url = `http://127.0.0.1:${bound}`;
  const tell = async (said: object): Promise<number> => {
    const answer = await fetch(`${url}/__mode`, { method: 'POST', body: JSON.stringify(said) });
    if (!answer.ok) throw new Error(`The target refused ${JSON.stringify(said)}.`);
    return ((await answer.json()) as { open: number }).open;
  };
  return {
    port: bound,
    url,
    pid: child.pid ?? 0,
    lines: () => readLines(log),
    mode: async (next) => {
      await tell({ mode: next });
    },
    latency: async (latency) => {
      await tell({ latency });
    },
    lookup: async (lookup) => {
      await tell({ lookup });
    },
    modeOf: async (path, next, times) => {
      await tell({ path, mode: next, times });
    },
    decided: async () => {
      // What was on its way into the target's event loop has been read by the second answer.
      for (let quiet = 0; quiet < 3; ) quiet = (await tell({})) === 0 ? quiet + 1 : 0;
    },
    stop: (signal = 'SIGKILL') => stopped(child, signal),
  };
}

function listening(child: ChildProcess): Promise<number> {
  return new Promise((give, refuse) => {
    child.once('exit', (code) => refuse(new Error(`The target ended with code ${code} before it listened.`)));
    child.once('error', refuse);
    if (!child.stdout) return refuse(new Error('The target has no output.'));
    createInterface(child.stdout).on('line', (line) => {
      const port = /^listening (\d+)$/.exec(line)?.[1];
      if (port) give(Number(port));
    });
  });
}

function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((give) => {
    if (child.exitCode !== null || child.signalCode !== null) return give();
    child.once('exit', () => give());
    child.kill(signal);
  });
}

/** A line that was cut by a kill has no end and was never answered for. */
function readLines(log: string): TargetLine[] {
  if (!existsSync(log)) return [];
  const text = readFileSync(log, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TargetLine);
}

function serve(): void {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      log: { type: 'string' },
      latency: { type: 'string', default: '0' },
      mode: { type: 'string', default: 'ok' },
      'honour-keys': { type: 'boolean', default: false },
    },
  });
  if (!values.log) throw new Error('--log FILE is missing.');
  const earlier = readLines(values.log);
  const file = openSync(values.log, 'a');
  const honourKeys = values['honour-keys'];
  const effects = earlier.filter((line) => line.effect === true);
  const ids = new Map(effects.map((line, index) => [line.key, index + 1]));
  const bodies = new Map(effects.map((line) => [line.key, line.body]));
  let mode = knownMode(values.mode);
  let lookup: Lookup = 'true';
  let latency = Number(values.latency);
  const modes = new Map<string, { mode: Mode; times: number }>();
  /** What each key has still to hear before anything else: a 409 so many times, or a 422 for ever. */
  const atIt = new Map<string, number>();
  const refused = new Set<string>();
  let open = 0;
  let made = effects.length;

  const record = (line: TargetLine) => {
    writeSync(file, `${JSON.stringify(line)}\n`);
    fsyncSync(file);
  };

  const act = (request: IncomingMessage, body: string): number => {
    const header = request.headers['idempotency-key'];
    const key = typeof header === 'string' ? header : null;
    const seen = key !== null && honourKeys ? ids.get(key) : undefined;
    const line = { at: new Date().toISOString(), key, method: request.method ?? '', path: request.url ?? '', body };
    if (seen !== undefined) {
      record({ ...line, effect: 'repeat' });
      return seen;
    }
    made += 1;
    if (key !== null) ids.set(key, made);
    bodies.set(key, body);
    record({ ...line, effect: true });
    return made;
  };

  const bodyOf = async (request: IncomingMessage): Promise<string> => {
    const parts: Buffer[] = [];
    open += 1;
    try {
      for await (const part of request) parts.push(part as Buffer);
    } finally {
      open -= 1;
    }
    return Buffer.concat(parts).toString('utf8');
  };

  const told = (body: string) => {
    const said = JSON.parse(body) as { mode?: string; path?: string; times?: number; lookup?: string; latency?: number };
    if (said.mode && said.path) modes.set(said.path, { mode: knownMode(said.mode), times: said.times ?? 1 });
    else if (said.mode) mode = knownMode(said.mode);
    lookup = LOOKUPS.find((one) => one === said.lookup) ?? lookup;
    latency = said.latency ?? latency;
    return { mode, open };
  };

  const modeFor = (path: string): Mode => {
    const own = modes.get(path);
    if (!own) return mode;
    own.times -= 1;
    if (own.times <= 0) modes.delete(path);
    return own.mode;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    // From here to the effect nothing waits, so a request that is not open is decided.
    const body = await bodyOf(request);
    if (request.url === '/__mode') return json(response, 200, told(body));
    const key = /^\/by-key\/(.+)$/.exec(request.url ?? '')?.[1];
    if (request.method === 'GET' && key !== undefined) {
      if (lookup === 'broken') return json(response, 500, { error: 'broken' });
      const done = lookup === 'true' ? bodies.get(key) : undefined;
      return json(response, done === undefined ? 404 : 200, { id: ids.get(key) ?? null, did: done ?? null });
    }
    const own = honourKeys ? String(request.headers['idempotency-key']) : '';
    const times = atIt.get(own) ?? 0;
    if (times > 0) {
      atIt.set(own, times - 1);
      return json(response, 409, { error: 'still at it' });
    }
    if (refused.has(own)) return json(response, 422, { error: 'refused' });
    const now = modeFor(request.url ?? '');
    if (now === 'refuse') {
      if (honourKeys) refused.add(own);
      return json(response, 422, { error: 'refused' });
    }
    if (now === 'deny') return json(response, 401, { error: 'who are you?' });
    if (now === 'hang') return;
    const id = act(request, body);
    if (now === 'at-it' && honourKeys) atIt.set(own, 2);
    if (now === 'reset-after' || now === 'at-it') return request.socket.destroy();
    if (now === 'timeout-after') return;
    const send = () => (now === '500-after' ? json(response, 500, { error: 'broken' }) : json(response, 201, { id }));
    setTimeout(send, latency);
  };

  const server = createServer((request, response) => {
    // A request that was cut off half way has no effect and nobody to answer to.
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.listen(Number(values.port), '127.0.0.1', () => {
    const address = server.address();
    if (address && typeof address === 'object') process.stdout.write(`listening ${address.port}\n`);
  });
}

function knownMode(text: string): Mode {
  const mode = MODES.find((one) => one === text);
  if (!mode) throw new Error(`There is no mode ${text}. Choose one of: ${MODES.join(', ')}.`);
  return mode;
}

function json(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
}

if (import.meta.main) serve();
