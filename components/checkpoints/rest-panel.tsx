'use client';

import { useMutation } from '@tanstack/react-query';
import { BATCH_STATE_WORDS } from '#components/batches/words.ts';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { CheckpointView } from './checkpoint-view.ts';
import { restWords } from './words.ts';

type Props = {
  view: Pick<CheckpointView, 'batch' | 'chunk'> & { rest: NonNullable<CheckpointView['rest']> };
  /** null for whoever may not plan */
  onAgain: (() => Promise<Outcome>) | null;
};

/** Back to review: of a cancelled chunk, the button that plans what it left unsent again, and which batches do so already. */
export function RestPanel({ view: { batch, chunk, rest }, onAgain }: Props) {
  const again = useMutation(writing(['chunks', batch.id, chunk.number, 'review-again'], onAgain ?? undefined));
  const words = restWords(rest, batch.noun, onAgain !== null);
  return (
    <Banner
      actions={
        words.button && onAgain ? (
          <Button kind="primary" onClick={() => again.mutate()} pending={again.isPending}>
            {words.button}
          </Button>
        ) : null
      }
    >
      {words.text}
      {rest.batches.map(({ id, name, state, items }) => (
        <span key={id} className="block">
          <Link href={`/batches/${id}`} className="font-medium underline underline-offset-2">
            {name}
          </Link>{' '}
          reviews {formatNoun(items, batch.noun)} again: {BATCH_STATE_WORDS[state].toLowerCase()}.
        </span>
      ))}
      {again.error ? (
        <span role="alert" className="block text-red">
          {again.error.message}
        </span>
      ) : null}
    </Banner>
  );
}
