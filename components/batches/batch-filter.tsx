'use client';

import { useRouter } from 'next/navigation';
import { classes } from '#components/ui/classes.ts';
import { Link } from '#components/ui/link.tsx';
import { SearchForm } from '#components/ui/search-form.tsx';
import { BATCH_STATES } from '#lib/core/lifecycle.ts';
import { type BatchesAsked, batchesAddress } from './batches-address.ts';
import { BATCH_STATE_WORDS } from './words.ts';

/** Narrows the list of batches by state and by name. What is asked for is in the address, so that Back goes back and a link shows the same. */
export function BatchFilter({ asked }: { asked: BatchesAsked }) {
  const router = useRouter();
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
      <nav aria-label="Batches by state" className="flex flex-wrap gap-1">
        {[undefined, ...BATCH_STATES].map((state) => (
          <Link
            key={state ?? 'all'}
            href={batchesAddress({ name: asked.name, state })}
            aria-current={asked.state === state ? 'page' : undefined}
            className={classes(
              'row-item inline-flex items-center rounded-md border px-2.5',
              asked.state === state
                ? 'border-accent bg-selected font-medium'
                : 'border-transparent text-muted hover:bg-sunken hover:text-text',
            )}
          >
            {state ? BATCH_STATE_WORDS[state] : 'All'}
          </Link>
        ))}
      </nav>
      <SearchForm
        label="Search the batches by name"
        value={asked.name}
        onFind={(name) => router.push(batchesAddress({ state: asked.state, name: name || undefined }))}
      />
    </div>
  );
}
