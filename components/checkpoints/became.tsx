import { actionLook } from '#components/chunks/state.ts';
import { Link } from '#components/ui/link.tsx';
import { StateBadge, type StateLook } from '#components/ui/state-badge.tsx';
import { CHUNK_TERMINAL } from '#lib/core/lifecycle.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { CheckpointView } from './checkpoint-view.ts';

/** What became of an item of a decided chunk, as its last receipt has it; null where nothing was approved for it. */
export function becameLook({ chunk, categories }: CheckpointView, { category, outcome }: Sample): StateLook | null {
  if (outcome) return actionLook(outcome.result ?? 'intent');
  const acts = chunk.counts.approved > 0 && categories.some(({ name, action }) => name === category && action !== null);
  if (!acts) return null;
  return actionLook(CHUNK_TERMINAL.includes(chunk.state) ? 'not_executed' : 'planned');
}

/** The same with the receipt that says so. */
export function Became({ view, sample }: { view: CheckpointView; sample: Sample }) {
  const { batch, chunk } = view;
  const look = becameLook(view, sample);
  if (!look) return 'stayed as it is';
  const receipt = sample.outcome && `${chunk.number}.${sample.outcome.seq}`;
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-3">
      <StateBadge {...look} />
      {receipt ? (
        <Link
          href={`/batches/${batch.id}/receipts/${receipt}`}
          className="text-12 text-muted underline underline-offset-2 hover:text-text"
        >
          receipt {receipt}
        </Link>
      ) : null}
    </span>
  );
}
