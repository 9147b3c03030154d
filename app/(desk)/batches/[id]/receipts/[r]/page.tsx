import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Undo } from '#app/(desk)/batches/[id]/undo.tsx';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { SentRequest } from '#components/actions/sent-request.tsx';
import { receiptLook } from '#components/receipts/look.ts';
import { ReceiptStory } from '#components/receipts/receipt-story.tsx';
import { UndoneReceipt } from '#components/receipts/undone-receipt.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { legible } from '#lib/core/values/legible.ts';
import { nameActors } from '#lib/steps/receipts/name-actors.ts';
import { readReceiptInFull } from '#lib/steps/receipts/read-receipt.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { readUndoLinks } from '#lib/steps/undo/read-undo-links.ts';

type Props = { params: Promise<{ id: string; r: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: legible(`Receipt ${(await params).r}`) };
}

export default async function ReceiptPage({ params }: Props) {
  const { id, r } = await params;
  const actor = await requireActor(`/batches/${id}/receipts/${r}`);
  const receipts = await readStoryOf(actor, id, r);
  const [first] = receipts;
  if (!first) notFound();
  const names = await nameActors(actor, receipts);
  const sent = await readReceiptInFull(actor, { batchId: id, ...placeOf(r) });
  const links = first.ordinal === null ? null : await readUndoLinks(actor, { batchId: id, ordinal: first.ordinal });
  const undoable = may(actor, 'undo') && receipts.at(-1)?.result === 'succeeded' && links !== null && links.undoneBy.length === 0;
  return (
    <>
      <Follow shows={{ batch: id }} />
      <PageHeader
        above={
          <Link href={`/batches/${id}?tab=receipts`} className="hover:text-text">
            Receipts of the batch
          </Link>
        }
        title={first.ordinal === null ? `${receiptLook(first).word}, receipt ${r}` : `Item ${first.ordinal}`}
        actions={
          <>
            {undoable ? (
              <Undo batchId={id} scope={{ ordinals: [first.ordinal ?? 0] }} label="Undo this…" what={`item ${first.ordinal}`} />
            ) : null}
            {first.ordinal === null ? null : (
              <ButtonLink href={`/batches/${id}/items/${first.ordinal}`} kind="primary">
                Item’s story
              </ButtonLink>
            )}
          </>
        }
        meta={first.ordinal === null ? undefined : Object.values(first.fields).filter(Boolean).join(' | ')}
      />
      {links ? <UndoneReceipt links={links} /> : null}
      {sent ? <SentRequest receipt={sent} /> : null}
      <ReceiptStory receipts={receipts} names={names} />
    </>
  );
}

/** `r` is chunk.seq, as people read it on a receipt, or chunk-seq, as the API names it. What is neither names nothing. */
function placeOf(r: string): { chunk: number; seq: number } {
  const [, chunk = 0, seq = 0] = /^(\d{1,9})[.-](\d{1,9})$/.exec(r) ?? [];
  return { chunk: Number(chunk), seq: Number(seq) };
}

/** Its item's whole story, or the receipt alone where it is no step of an action. */
async function readStoryOf(actor: Actor, batchId: string, r: string) {
  const { chunk, seq } = placeOf(r);
  if (seq === 0) return [];
  const page = await readReceipts(actor, { batchId, cursor: `${chunk}.${seq - 1}`, limit: 1 });
  const receipt = page?.items[0];
  if (!receipt || receipt.chunk !== chunk || receipt.seq !== seq) return [];
  if (receipt.ordinal === null) return [receipt];
  return (await readReceipts(actor, { batchId, ordinal: receipt.ordinal }))?.items ?? [];
}
