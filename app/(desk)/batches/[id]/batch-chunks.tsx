import type { ReactNode } from 'react';
import { AgentsAtWork } from '#components/chunks/agents-at-work.tsx';
import { ChunkTable } from '#components/chunks/chunk-table.tsx';
import { Tape } from '#components/live/tape.tsx';
import { Link } from '#components/ui/link.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';
import type { BatchSnapshot } from '#lib/shapes/live.ts';

/** What the address asks of the chunks. */
export type ChunksAsked = {
  /** somebody asked for columns */
  asTable: boolean;
  /** only those in one state */
  state: ChunkState | null;
  /** a page of them, for a batch that has more than are kept live; and where the next one is */
  listed: { items: ChunkRow[]; next: string | null } | null;
};

type Props = { batch: BatchSnapshot; asked: ChunksAsked; grid: ReactNode };

/** The chunks, once: as a grid, or as a table where somebody asks for columns; and the receipts as they come. */
export function BatchChunks({ batch, grid, asked: { asTable, state, listed } }: Props) {
  const { id: batchId, noun } = batch;
  const rows = listed?.items ?? batch.chunks.filter((chunk) => state === null || chunk.state === state);
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <div className="flex min-w-0 flex-col gap-2">
        <div className="flex justify-end">
          <Link
            href={asTable ? `/batches/${batchId}` : `/batches/${batchId}?as=table`}
            scroll={false}
            className="text-muted underline-offset-2 hover:text-text hover:underline"
          >
            {asTable ? 'Grid' : 'Table'}
          </Link>
        </div>
        {asTable ? (
          <div className="min-w-0">
            {state === null ? null : (
              <p className="mb-2 text-muted">
                Only those that are {chunkWords(state)}.{' '}
                <Link
                  href={`/batches/${batchId}?as=table`}
                  scroll={false}
                  className="underline underline-offset-2 hover:text-text"
                >
                  All chunks
                </Link>
              </p>
            )}
            {rows.length === 0 ? (
              <p className="py-2 text-muted">No chunk is in this state now.</p>
            ) : (
              <ChunkTable batchId={batchId} chunks={rows} noun={noun} />
            )}
            <NextPage href={listed?.next ?? null} label="Next" />
          </div>
        ) : (
          <>
            {grid}
            <AgentsAtWork batchId={batchId} chunks={batch.chunks} />
          </>
        )}
      </div>
      <section aria-labelledby="receipts" className="flex min-w-0 flex-col gap-2">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <h2 id="receipts" className="text-16 font-medium">
            Receipts
          </h2>
          <Link
            href={`/batches/${batchId}?tab=downloads`}
            className="text-muted underline-offset-2 hover:text-text hover:underline"
          >
            Download receipts
          </Link>
        </div>
        <Tape batchId={batchId} lines={batch.tape} />
      </section>
    </div>
  );
}
