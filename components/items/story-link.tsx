'use client';

import { useParams } from 'next/navigation';
import { classes } from '#components/ui/classes.ts';
import { Link } from '#components/ui/link.tsx';

type Props = { batchId: string; ordinal: number; className?: string };

/** The way to an item's whole story. */
export function StoryLink({ batchId, ordinal, className }: Props) {
  return (
    <Link
      href={`/batches/${batchId}/items/${ordinal}`}
      aria-label={`Story of item ${ordinal}`}
      className={classes('text-12 whitespace-nowrap text-muted underline underline-offset-2 hover:text-text', className)}
    >
      Story
    </Link>
  );
}

/** As `StoryLink`, of an item of the batch whose page this is. */
export function StoryHere({ ordinal }: { ordinal: number }) {
  const { id } = useParams<{ id: string }>();
  return <StoryLink batchId={id} ordinal={ordinal} />;
}
