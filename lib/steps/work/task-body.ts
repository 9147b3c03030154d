/** The body of a task as an agent is told it: what was appended, its last lines and how many there are. */
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { AGENT_TASK_LINES } from '#lib/core/limits.ts';
import { ERASED } from '#lib/core/receipts/receipt-line.ts';
import { oneLine } from '#lib/core/values/markdown-safe.ts';
import { type AppendedText, countAppends, readLastAppends } from '#lib/store/chunks/appends.ts';
import { db } from '#lib/store/postgres/db.ts';

type TaskBody = { notes: number; attestations: number; last: string[] };

/** Whoever only works is told of what its own key appended. */
export async function bodyOf(of: { batchId: string; chunk?: number | undefined }, actor: Actor): Promise<TaskBody> {
  const asked = { ...of, ...(may(actor, 'supervise') ? {} : { by: actor.id }) };
  const [counts, last] = await Promise.all([countAppends(db(), asked), readLastAppends(db(), asked, AGENT_TASK_LINES)]);
  return { ...counts, last: last.map((line) => lineOf(line, of.chunk === undefined)) };
}

function lineOf({ chunk, ordinal, seq, text }: AppendedText, ofBatch: boolean): string {
  const about = [...(ofBatch ? [`chunk ${chunk}`] : []), ...(ordinal === null ? [] : [`item ${ordinal}`])].join(', ');
  const line = oneLine(text ?? ERASED);
  return `${seq === null ? 'Note' : 'Attested'}${about === '' ? '' : ` (${about})`}: ${line}`;
}
