'use client';

import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { ChunkRow } from '#lib/shapes/chunks.ts';

/** So many are named; the table names all. */
const NAMED = 6;

type Props = { batchId: string; chunks: readonly Pick<ChunkRow, 'number' | 'agent'>[] };

/** Which agent has which chunk, since when; nothing where none has one. */
export function AgentsAtWork({ batchId, chunks }: Props) {
  const had = chunks.flatMap(({ number, agent }) => (agent ? [{ number, ...agent }] : []));
  if (had.length === 0) return null;
  return (
    <ul aria-label="Agents" className="flex flex-col gap-0.5 text-12 text-muted">
      {had.slice(0, NAMED).map(({ number, name, key, since }) => (
        <li key={number} title={key ? `with the key “${key}”` : undefined}>
          Agent <span className="text-text">{name}</span> has{' '}
          <Link href={`/batches/${batchId}/chunks/${number}`} className="underline-offset-2 hover:underline">
            chunk {number}
          </Link>{' '}
          since <Instant iso={since} />
        </li>
      ))}
      {had.length > NAMED ? <li>and {formatCount(had.length - NAMED)} more</li> : null}
    </ul>
  );
}
