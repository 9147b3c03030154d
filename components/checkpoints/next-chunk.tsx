import { ReviewNext } from '#components/batches/review-next.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import type { ButtonKind } from '#components/ui/button-look.ts';
import { formatNoun } from '#components/ui/format.ts';
import type { CheckpointView } from './checkpoint-view.ts';

/** Where to go from here: the next chunk of this batch that waits for a person, else the batch. */
export function NextChunk({ view, kind }: { view: CheckpointView; kind: ButtonKind }) {
  const { batch, next } = view;
  if (!next)
    return (
      <ButtonLink href={`/batches/${batch.id}`} kind={kind}>
        Back to the batch
      </ButtonLink>
    );
  return (
    <span className="flex flex-wrap items-center gap-3">
      <ReviewNext href={`/batches/${batch.id}/chunks/${next.number}`} kind={kind} />
      <span className="text-12 text-muted">
        {next.name}
        {next.waiting > 1 ? `; ${formatNoun(next.waiting, 'chunks')} wait` : ''}
      </span>
    </span>
  );
}
