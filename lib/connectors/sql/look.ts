/** The row as it is and as it would be: by reading, so that looking changes nothing. */

import { failureWords as networkWords } from '#lib/connectors/http/failures.ts';
import type { Look, RequestOf } from '#lib/connectors/port.ts';
import { heardLines } from '#lib/core/receipts/heard.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { Image, TargetClient } from '#lib/store/targets/effects.sql.ts';
import { readKept, readOnly, readPlanned, readRows, readTriggers } from '#lib/store/targets/looks.sql.ts';
import { onTarget } from '#lib/store/targets/pools.ts';
import { failureWords, faultOf } from './answers.ts';
import { readRequest, type SqlChange, type SqlPutBack } from './frozen.ts';
import { tableText } from './parts.ts';
import { wordsOf } from './request.ts';
import type { Targets } from './target.ts';

export async function lookAt(targets: Targets, { request: bytes }: RequestOf, signal: AbortSignal): Promise<Look> {
  const request = readRequest(bytes);
  const pool = await targets.over(request.via);
  if ('reason' in pool) return { cannot: whyNot(pool.reason) };
  try {
    return await onTarget(pool, signal, (one) => {
      const client = one as unknown as TargetClient;
      return readOnly(client, () => (request.do === 'put_back' ? lookBack(client, request) : lookAhead(client, request)));
    });
  } catch (error) {
    return { cannot: whyNot(signal.aborted ? 'timeout' : faultOf(error).reason) };
  }
}

export function whyNot(reason: string): string {
  return failureWords(reason) ?? networkWords(reason) ?? `The database could not be asked: ${reasonWords(reason)}.`;
}

async function lookAhead(client: TargetClient, request: SqlChange): Promise<Look> {
  if (request.do === 'insert') return { words: 'Nothing is there yet: the row is made anew.' };
  const found = await readRows(client, request.table, request.key);
  const where = `${tableText(request.table)} where ${wordsOf(request.key)}`;
  const [now] = found;
  if (!now) return { words: `There is no row of ${where}: the action would fail.` };
  if (found.length > 1) return { words: `There are several rows of ${where}: the action would fail.` };
  const { asRead, will } = await readPlanned(client, request.table, request);
  const triggers = await readTriggers(client, request.table);
  const acts = triggers.length === 0 ? [] : [`what its triggers do (${triggers.join(', ')}) is not shown`];
  const about = asRead ? acts : [...acts, `not as it was read (${wordsOf(request.only)}): the action would fail`];
  if (request.do === 'delete') return seen([`one row of ${where}, which would be deleted`, ...about], now, null);
  return seen([`one row of ${where}`, ...about], now, will);
}

async function lookBack(client: TargetClient, { undoes, table, key }: SqlPutBack): Promise<Look> {
  const kept = await readKept(client, undoes);
  if (!kept) return { words: 'What was there before is not kept in countersign_effects any more: nothing would be put back.' };
  if (kept.undone) return { words: 'It was put back already.' };
  if (kept.did === 'delete')
    return seen([`the row of ${tableText(table)} that was deleted, which would be put back`], kept.before ?? {}, null);
  const left = kept.after ?? {};
  const names = key.length > 0 ? key : Object.keys(left);
  const [now] = await readRows(client, table, Object.fromEntries(names.map((name) => [name, left[name] ?? null])));
  if (!now || Object.entries(left).some(([name, value]) => now[name] !== value))
    return { words: 'The row is not any more as the action left it: nothing would be put back.' };
  if (kept.did === 'insert') return seen([`the row of ${tableText(table)} that was added, which would be deleted`], now, null);
  return seen([`one row of ${tableText(table)}`], now, kept.before ?? {});
}

function seen(about: readonly string[], now: Image, will: Image | null): Look {
  const row = JSON.stringify(now, null, 2);
  return { heard: heardLines(about, Buffer.from(row), true), whole: row, will: will && JSON.stringify(will) };
}
