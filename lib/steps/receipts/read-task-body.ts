/** The beginning of a batch's task body, for reading on the page; the download has the whole. */
import type { Actor } from '#lib/auth/actor.ts';
import { TASK_BODY_SHOWN_BYTES } from '#lib/core/limits.ts';
import { exportReceipts } from './export-receipts.ts';

/** At most TASK_BODY_SHOWN_BYTES of Markdown, cut at a line; `cut` says that there is more. Throws as the export does. */
export async function readTaskBody(actor: Actor, { batchId }: { batchId: string }): Promise<{ text: string; cut: boolean }> {
  const { body } = await exportReceipts(actor, { batchId, format: 'md' });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    if (bytes > TASK_BODY_SHOWN_BYTES) break;
  }
  const text = Buffer.concat(parts).toString('utf8');
  if (bytes <= TASK_BODY_SHOWN_BYTES) return { text, cut: false };
  const shown = text.slice(0, TASK_BODY_SHOWN_BYTES);
  return { text: shown.slice(0, shown.lastIndexOf('\n') + 1), cut: true };
}
