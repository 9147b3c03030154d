/**
 * The API behind the product's own http server, as a process of its own, for tests that kill it: without Next, whose part is to hand requests on.
 *
 *     node test/api-process.ts
 *
 * It tells its port over IPC.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { threadsOf } from '#bin/threads.ts';
import { createEdge } from '#bin/web/edge.ts';
import { answerApi } from '#lib/api/answer.ts';

export const API_KEY = 'a-key-of-the-environment';

export type ApiProcess = { origin: string; kill(signal?: NodeJS.Signals): Promise<void> };

/** Starts one over a test's database. */
export async function startApi(url: string): Promise<ApiProcess> {
  const env = {
    ...process.env,
    DATABASE_URL: url,
    ADMIN_API_KEY: API_KEY,
    SECRET_KEY: 'a key of the tests, of no use elsewhere',
  };
  const child: ChildProcess = spawn(process.execPath, [import.meta.filename], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [port] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`The API ended with ${code} before it was up.`))),
  ]);
  return {
    origin: `http://127.0.0.1:${port}`,
    async kill(signal = 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

/** A function of fetch's Request and Response behind node's http, as Next puts one there. */
export function throughFetch(answer: (request: Request) => Promise<Response>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const left = new AbortController();
    response.once('close', () => left.abort());
    const { method = 'GET', headers } = request;
    const body =
      method === 'GET' || method === 'HEAD' ? {} : { body: request as unknown as ReadableStream, duplex: 'half' as const };
    const answered = await answer(
      new Request(`http://127.0.0.1${request.url}`, {
        ...{ method, signal: left.signal, ...body },
        headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
      }),
    );
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    if (!answered.body) return void response.end();
    // A source that breaks off takes the connection with it.
    await pipeline(Readable.fromWeb(answered.body as never), response).catch(() => response.destroy());
  };
}

if (process.argv[1] === import.meta.filename) {
  threadsOf(1, null);
  const server = createEdge(throughFetch(answerApi)).listen(0, '127.0.0.1', () => {
    // At its end it is killed, so the next one would compile everything anew.
    flushCompileCache();
    process.send?.((server.address() as AddressInfo).port);
  });
  process.on('disconnect', () => process.exit(0));
}
