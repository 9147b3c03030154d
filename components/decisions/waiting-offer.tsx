'use client';

import { useQuery } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import { percent } from '#components/checkpoints/evidence-words.ts';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { boundWords, looksMissing } from './decide-words.ts';
import { KeyHint } from './key-hint.tsx';

/** What the looks over the batch prove now, without the items. */
export function boundOptions(id: string) {
  return queries.batches.looks.queryOptions({ input: { id, limit: 0 } });
}

/** Offers one decision over all chunks that wait, with the bound that it would go by in words; or the looks that it still wants. */
export function WaitingOffer({
  batchId,
  least,
  keyed,
  onApprove,
}: {
  batchId: string;
  /** with fewer there is nothing to be decided together */
  least: number;
  /** the key is this button's; a release that waits has it first */
  keyed: boolean;
  onApprove: (() => void) | null;
}) {
  const { data } = useQuery(boundOptions(batchId));
  if (!data || data.waiting < least) return null;
  const { bound, share, waiting } = data;
  const missing = looksMissing(bound ?? []);
  const proven = bound !== null && bound.length > 0 && missing === 0;
  return (
    <section aria-label="Chunks that wait" className="flex flex-col gap-2 rounded-md border border-hairline bg-surface p-3">
      <ul className="flex flex-col gap-0.5 text-muted">
        {bound?.map((one) => (
          <li key={one.category}>{boundWords(one)}</li>
        ))}
      </ul>
      <span className="flex flex-wrap gap-2">
        {onApprove ? (
          <Button kind={proven ? 'primary' : 'secondary'} onClick={onApprove}>
            Approve the {formatNoun(waiting, 'chunks')} that wait{proven ? ' under the batch’s bound' : ''}…{' '}
            {keyed ? <KeyHint>e</KeyHint> : null}
          </Button>
        ) : null}
        {missing > 0 ? (
          <ButtonLink href={`/batches/${batchId}/review`}>
            Look at {formatCount(missing)} more to prove {percent(share)} <KeyHint>r</KeyHint>
          </ButtonLink>
        ) : null}
      </span>
    </section>
  );
}
