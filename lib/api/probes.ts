/** /healthz and /readyz: for whoever starts and ends processes. Anybody may ask, and learns one word. */
import { isReady } from '#lib/steps/fleet/read-readiness.ts';

/** The process lives, whatever the database does: one that can't reach it is not helped by a restart. */
export function answerHealth(): Response {
  return said(200, 'alive');
}

/** The database answers and has the migrations of this version: requests may be sent here. */
export async function answerReady(): Promise<Response> {
  return (await isReady()) ? said(200, 'ready') : said(503, 'not ready');
}

function said(status: number, word: string): Response {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
  return new Response(`${word}\n`, { status, headers });
}
