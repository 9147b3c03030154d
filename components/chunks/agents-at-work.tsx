'use client';

import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { ChunkRow } from '#lib/shapes/chunks.ts';

/** So many are named; the table names all. */
const NAMED = 6;

type Props = { batchId: string; chunks: readonly Pick<ChunkRow, 'number' | 'agent'>[] };

/** Which agent has which chunk, or which errand of it, since when and until when; nothing where none has one. */
export function AgentsAtWork({ batchId, chunks }: Props) {
  const had = chunks.flatMap(({ number, agent }) => (agent ? [{ number, ...agent }] : []));
  if (had.length === 0) return null;
  return (
    <ul aria-label="Agents" className="flex flex-col gap-0.5 text-12 text-muted">
      {had.slice(0, NAMED).map(({ number, name, key, since, item, until, more }) => (
        <li key={number} title={key ? `with the key “${key}”` : undefined}>
          Agent <span className="text-text">{name}</span> has{' '}
          {item === null ? null : `the errand of item ${formatCount(item)} of `}
          <Link href={`/batches/${batchId}/chunks/${number}`} className="underline-offset-2 hover:underline">
            chunk {number}
          </Link>{' '}
          since <Instant iso={since} />. If it says nothing until <Instant iso={until} />,{' '}
          {item === null ? 'another may claim the chunk.' : 'a person is asked what became of it.'}
          {more > 0 ? ` ${formatNoun(more, 'more errands')} of the chunk ${more === 1 ? 'is' : 'are'} in agents’ hands.` : null}
        </li>
      ))}
      {had.length > NAMED ? <li>and {formatCount(had.length - NAMED)} more</li> : null}
    </ul>
  );
}
