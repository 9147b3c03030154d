'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import { decideAction } from '#app/(desk)/batches/actions.ts';
import { useActed } from '#app/(desk)/use-acted.ts';
import { useFollowed } from '#app/(desk)/use-changed.ts';
import { useProven } from '#components/account/proof.tsx';
import { queries } from '#components/api-client.ts';
import { ChunkCells } from '#components/batches/chunk-cells.tsx';
import { ChunkGrid } from '#components/batches/chunk-grid.tsx';
import { DecideDialog } from '#components/decisions/decide-dialog.tsx';
import { FirstReceipts, releasesOptions } from '#components/decisions/first-receipts.tsx';
import { boundOptions, WaitingOffer } from '#components/decisions/waiting-offer.tsx';
import { useKeys } from '#components/ui/use-keys.ts';
import { CannotUndo } from '#components/undo/undo-button.tsx';
import type { BatchSnapshot } from '#lib/shapes/live.ts';
import type { Rights } from '#lib/shapes/people.ts';
import type { UndoPreview } from '#lib/shapes/undo.ts';
import { madeUndoKey } from './made-undo.ts';

type Props = {
  batch: BatchSnapshot;
  may: Pick<Rights, 'see' | 'decide'>;
  /** the chunks are on the page: what waits of them is told above */
  asked: boolean;
  /** what comes below, with the grid of the chunks where it shows it */
  children: (grid: ReactNode) => ReactNode;
};

/** What can be decided of several chunks of a batch at once: the first receipts of an approval, all that wait, and a selection of the grid. */
export function Decisions({ batch, may, asked, children }: Props) {
  const { id, chunks, groups, needs, noun } = batch;
  const router = useRouter();
  // "?approve" opens the question: the review of the batch's random items ends there, and an undo that was made begins there, with so many chunks.
  const approve = useSearchParams().get('approve');
  const asksAll = approve !== null;
  const cannot = useQueryClient().getQueryData<UndoPreview['cannot']>(madeUndoKey(id)) ?? [];
  const [asking, setAsking] = useState<readonly number[] | 'waiting' | null>(asksAll && may.decide ? 'waiting' : null);
  const acted = useActed();
  const proven = useProven();
  const close = () => {
    setAsking(null);
    if (asksAll) router.replace(`/batches/${id}`);
  };
  // An undo is approved as a whole, however many chunks it has.
  const several = may.see && needs.reviews > (batch.undoes ? 0 : 1);
  useFollowed({ batch: id }, releasesOptions(id).queryKey);
  useFollowed({ batch: id }, boundOptions(id).queryKey);
  useKeys({
    ...(several && may.decide && needs.releases === 0 ? { e: () => setAsking('waiting') } : {}),
    ...(several ? { r: () => router.push(`/batches/${id}/review`) } : {}),
  });
  const onDecide = may.decide && may.see ? setAsking : null;
  return (
    <>
      {may.see && asked ? (
        <FirstReceipts
          batchId={id}
          onRelease={
            may.decide ? (chunk) => acted(proven(() => decideAction({ batchId: id, chunks: [chunk], release: true }))) : null
          }
        />
      ) : null}
      {several && asked ? (
        <WaitingOffer
          batchId={id}
          least={batch.undoes ? 1 : 2}
          keyed={needs.releases === 0}
          onApprove={may.decide ? () => setAsking('waiting') : null}
        />
      ) : null}
      {children(
        groups ? (
          <AllChunks batchId={id} noun={noun} onDecide={onDecide} />
        ) : (
          <ChunkGrid batchId={id} chunks={chunks} noun={noun} onDecide={onDecide} />
        ),
      )}
      {asking === null ? null : (
        <DecideDialog
          batchId={id}
          chunks={asking === 'waiting' ? null : asking}
          awaited={asksAll ? Number(approve) : 0}
          onClose={close}
          onDecide={(decision) => acted(proven(() => decideAction({ batchId: id, execute: true, next: true, ...decision })))}
        >
          <CannotUndo cannot={cannot} />
        </DecideDialog>
      )}
    </>
  );
}

/** More chunks than are kept live: a cell each, read again when something of the batch has changed. */
function AllChunks({
  batchId,
  noun,
  onDecide,
}: {
  batchId: string;
  noun: string;
  onDecide: ((chunks: readonly number[]) => void) | null;
}) {
  const options = queries.batches.grid.queryOptions({ input: { id: batchId } });
  const { data } = useQuery(options);
  useFollowed({ batch: batchId }, options.queryKey);
  return <ChunkCells batchId={batchId} chunks={data?.chunks ?? null} noun={noun} onDecide={onDecide} />;
}
