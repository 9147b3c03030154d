/** A job for a thread: a mail taken apart. Whoever wrote it decides how long that takes, so it can be ended in the middle. */
import type { Layout } from '#lib/core/values/layout.ts';
import type { OpenedMail } from '#lib/ingest/port.ts';
import { formatOf } from '#lib/ingest/registry.ts';

export type ItemToOpen = { format: string; raw: Uint8Array; layout: Layout };

/** Null of a format whose items have nothing but their fields. */
export async function openItem({ format, raw, layout }: ItemToOpen): Promise<OpenedMail | null> {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return (await formatOf(format)?.open?.(bytes, layout)) ?? null;
}
