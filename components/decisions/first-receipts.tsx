'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '#components/api-client.ts';
import { actionLook } from '#components/chunks/state.ts';
import { Banner } from '#components/ui/banner.tsx';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { useKeys } from '#components/ui/use-keys.ts';
import { writing } from '#components/ui/writing.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { Release } from '#lib/shapes/decisions.ts';
import { KeyHint } from './key-hint.tsx';

/** What a release is bound to. */
export type Released = { number: number; digest: string };

/** The approvals whose first actions run or were done. Read again whenever the batch has changed: whoever mounts it follows that. */
export function releasesOptions(id: string) {
  return queries.batches.releases.queryOptions({ input: { id } });
}

/** The receipts of the first few of each approval, and the button that lets the rest of all its chunks go. One is open at a time: the next waits below it. */
export function FirstReceipts({
  batchId,
  onRelease,
}: {
  batchId: string;
  /** null for whoever may not */
  onRelease: ((chunk: Released) => Promise<Outcome>) | null;
}) {
  const { data } = useQuery(releasesOptions(batchId));
  const waiting = data?.items ?? [];
  const release = useMutation(writing(['batches', batchId, 'release'], onRelease));
  const [chosen, setChosen] = useState<string | null>(null);
  const next = waiting.find((one) => one.done && keyOf(one) === chosen) ?? waiting.find(({ done }) => done);
  const go = (one: Release) => release.mutate({ number: one.chunk, digest: one.digest });
  useKeys(next && onRelease && !release.isPending ? { e: () => go(next) } : {});
  const open = waiting.find((one) => keyOf(one) === chosen) ?? next ?? waiting[0];
  return waiting.map((one) =>
    one === open ? (
      <section key={keyOf(one)} aria-label="The first receipts" className="rounded-md border border-amber bg-surface p-4">
        <h2 className="text-16 font-medium">{questionOf(one)}</h2>
        {one.receipts.length > 0 ? (
          <ol className="mt-3 max-h-60 overflow-y-auto rounded-md border border-hairline bg-background py-1 font-mono text-12 leading-[18px]">
            {one.receipts.map(({ chunk, seq, line, result, reason }) => (
              <li key={`${chunk}.${seq}`}>
                <Link
                  href={`/batches/${batchId}/receipts/${chunk}.${seq}`}
                  className="flex flex-wrap items-center gap-x-3 px-3 py-1 hover:bg-surface"
                >
                  <StateBadge {...actionLook(result ?? 'intent')} />
                  <span className="min-w-0 break-words">{line}</span>
                  {reason ? (
                    <span className={result === 'succeeded' ? 'text-muted' : 'text-red'}>{reasonWords(reason)}</span>
                  ) : null}
                </Link>
              </li>
            ))}
          </ol>
        ) : null}
        {one.done ? (
          <div className="mt-3 flex flex-wrap items-center gap-3">
            {onRelease ? (
              <Button kind="primary" pending={release.isPending} onClick={() => go(one)}>
                Run the other {formatCount(one.waiting)} {one === next ? <KeyHint>e</KeyHint> : null}
              </Button>
            ) : null}
            <ButtonLink href={`/batches/${batchId}/chunks/${one.chunk}`}>Look closer, or say no</ButtonLink>
            <span className="text-muted">Nothing else has been sent.</span>
          </div>
        ) : null}
        {release.error ? (
          <p role="alert" className="mt-2 text-red">
            {release.error.message}
          </p>
        ) : null}
      </section>
    ) : (
      <Banner
        key={keyOf(one)}
        kind="warning"
        actions={<Button onClick={() => setChosen(keyOf(one))}>{one.done ? 'Show them' : 'Show what has run'}</Button>}
      >
        {chunkWords(one)}. {questionOf(one)}
      </Banner>
    ),
  );
}

const keyOf = ({ chunk, digest }: Release): string => `${chunk} ${digest}`;

const chunkWords = ({ chunks: [first, ...others] }: Release): string =>
  `Chunk ${first}${others.length > 0 ? ` and ${formatNoun(others.length, 'others')}` : ''}`;

function questionOf({ done, receipts, chunks, waiting }: Release): string {
  const of = formatNoun(chunks.length, 'chunks');
  if (!done) return `The first of ${of} run. Then we stop and show you.`;
  if (receipts.length === 0) return `Nothing of ${of} has run. Should the rest?`;
  return `The first ${formatCount(receipts.length)} of ${formatNoun(receipts.length + waiting, 'actions')} have run. Are they what you meant?`;
}
