import { Banner } from '#components/ui/banner.tsx';
import { Link } from '#components/ui/link.tsx';
import type { BatchView } from '#lib/shapes/batches.ts';

const CHUNKS_NAMED = 5;

/** Of which batch, and which of its chunks, this one reviews again what was left unsent. Nothing where it is no such batch. */
export function RestLink({ restOf }: Pick<BatchView, 'restOf'>) {
  if (restOf === null) return null;
  const { id, name, chunks } = restOf;
  const named = chunks.slice(0, CHUNKS_NAMED).join(', ');
  return (
    <Banner>
      Reviews again what{' '}
      <Link href={`/batches/${id}`} className="font-medium underline underline-offset-2">
        {name}
      </Link>{' '}
      left unsent in {chunks.length === 1 ? 'chunk' : 'chunks'} {named}
      {chunks.length > CHUNKS_NAMED ? ` and ${chunks.length - CHUNKS_NAMED} others` : ''}. What it did is not in here.
    </Banner>
  );
}
