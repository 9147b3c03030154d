import type { ReactNode } from 'react';
import { chunkLook } from '#components/chunks/state.ts';
import { Instruction } from '#components/plans/instruction.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import type { CheckpointView } from './checkpoint-view.ts';

/** Which chunk of which batch, and what has been sent of it so far. */
export function CheckpointHeader({ view, company, changes }: { view: CheckpointView; company: ReactNode; changes: ReactNode }) {
  const { batch, chunk } = view;
  return (
    <div className="-mb-4">
      <PageHeader
        above={
          <Link href={`/batches/${batch.id}`} className="underline-offset-2 hover:underline">
            {batch.name}
          </Link>
        }
        title={`${chunk.name} · ${formatNoun(chunk.itemCount, batch.noun)}`}
        meta={
          <>
            <span role="status">
              <StateBadge {...chunkLook(chunk)} />
            </span>
            {company}
            {chunk.note && !view.two?.refused ? <span>note: {chunk.note}</span> : null}
          </>
        }
        actions={
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            {changes}
            <p className="text-14 text-muted">{sentWords(view)}</p>
          </div>
        }
      />
      {view.instruction ? (
        <div className="-mt-3 mb-4">
          <Instruction text={view.instruction} />
        </div>
      ) : null}
    </div>
  );
}

function sentWords({ chunk }: CheckpointView): string {
  const { done, failed, uncertain, inFlight, approved } = chunk.counts;
  const sent = done + failed + uncertain + inFlight;
  if (sent === 0) return approved > 0 ? `${formatCount(approved)} approved, nothing has been sent yet` : 'Nothing has been sent';
  const parts = [`${formatCount(done)} of ${formatCount(approved)} done`];
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  if (uncertain > 0) parts.push(`${formatCount(uncertain)} uncertain`);
  if (inFlight > 0) parts.push(`${formatCount(inFlight)} in flight`);
  return parts.join(', ');
}
