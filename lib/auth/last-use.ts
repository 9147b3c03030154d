import { LAST_USE_EVERY_MS, READS_REMEMBERED_MAX } from '#lib/core/limits.ts';

/** When this process last wrote down that something was used. */
const written = new Map<string, number>();

/** Whether it is time to write down again that this session or key is used: a minute's precision is enough, and nobody writes with each request. */
export function isDue(what: string): boolean {
  const now = performance.now();
  if (now - (written.get(what) ?? Number.NEGATIVE_INFINITY) < LAST_USE_EVERY_MS) return false;
  if (written.size >= READS_REMEMBERED_MAX) written.clear();
  written.set(what, now);
  return true;
}
