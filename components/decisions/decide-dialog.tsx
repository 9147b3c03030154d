'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { RequestExamples } from '#components/actions/request-examples.tsx';
import { queries, refusalOf } from '#components/api-client.ts';
import { ActingList } from '#components/checkpoints/acting-list.tsx';
import { percent } from '#components/checkpoints/evidence-words.ts';
import { actingCategories, executeWords } from '#components/checkpoints/words.ts';
import { Banner } from '#components/ui/banner.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { Field, Textarea } from '#components/ui/field.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { writing } from '#components/ui/writing.ts';
import type { Decided, DecidedOn, GivenAnswers } from '#lib/shapes/checkpoints.ts';
import type { DecisionPreview } from '#lib/shapes/decisions.ts';
import { boundWords, chunksWords, isGround, looksMissing, unlookedWords } from './decide-words.ts';
import { Samples } from './samples.tsx';
import { type BoundChunk, useBoundChunks } from './use-bound-chunks.ts';

/** How often it is looked whether all chunks of an undo are there. */
const READY_MS = 500;

type DecideMany = (decision: Pick<GivenAnswers, 'override' | 'atMost'> & { chunks: DecidedOn[] }) => Promise<Outcome<Decided>>;

type Props = {
  batchId: string;
  /** numbers of chunks; null: all that wait for an approval */
  chunks: readonly number[] | null;
  /** of a batch that was only just made: it is asked once so many chunks wait */
  awaited?: number;
  onClose: () => void;
  onDecide: DecideMany;
  /** what is to be said beside the counts: of an undo, what can't be undone */
  children?: ReactNode;
};

/** The last question before many chunks are approved at once: what, how many, where, on what ground, and whether it can be taken back. */
export function DecideDialog({ batchId, chunks, awaited = 0, onClose, onDecide, children }: Props) {
  const input = { params: { id: batchId }, body: chunks ? { chunks: [...chunks] } : {} };
  const { data, error, refetch } = useQuery({
    ...queries.batches.previewDecision.queryOptions({
      input,
      retry: false,
      refetchOnWindowFocus: false,
      staleTime: 0,
      gcTime: 0,
    }),
    refetchInterval: ({ state }) => ((state.data?.chunks.length ?? 0) < awaited ? READY_MS : false),
  });
  const ready = data && data.chunks.length >= awaited ? data : undefined;
  const { bound, read, error: unbound } = useBoundChunks(batchId, ready);
  if (ready && bound && ready.chunks.length > 0)
    return (
      <Asked {...{ batchId, bound, onClose, onDecide }} preview={ready} onAgain={() => void refetch()}>
        {children}
      </Asked>
    );
  const fault = error ?? unbound;
  const doing = !ready ? (awaited > 0 ? 'Making the undo ready' : 'Counting what these chunks have') : 'Reading what you sign';
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Approve these chunks?"
      confirm="Approve"
      disabled
      error={fault ? refusalOf(fault).message : null}
      onConfirm={() => {}}
    >
      {fault ? null : ready?.chunks.length === 0 ? (
        <p>None of these chunks waits for an approval. {ready.left[0]?.why}</p>
      ) : (
        <>
          <Skeleton rows={4} label={doing} />
          {ready ? (
            <p role="status" className="text-12 text-muted">
              {doing}: {formatCount(read)} of {formatCount(ready.chunks.length)} chunks.
            </p>
          ) : null}
        </>
      )}
    </ConfirmDialog>
  );
}

type AskedProps = Pick<Props, 'batchId' | 'onClose' | 'onDecide' | 'children'> & {
  preview: DecisionPreview;
  bound: { bound: BoundChunk[]; changed: number[] };
  onAgain: () => void;
};

function Asked({ batchId, preview, bound, onClose, onDecide, onAgain, children }: AskedProps) {
  const { noun, first, signature, share, samples, sampled, undo, unproven } = preview;
  const [seen, setSeen] = useState<ReadonlySet<number>>(new Set());
  const [reason, setReason] = useState('');
  const decide = useMutation(writing(['batches', batchId, 'decide-many'], onDecide));
  const acting = actingCategories(preview.categories);
  const words = executeWords(acting, noun, first, signature);
  const grounded = isGround(preview);
  const unseen = samples.filter(({ ordinal }) => !seen.has(ordinal)).length;
  // The receipts are an undo's ground. Else somebody saw one of each, or the looks over the batch prove the share.
  const looked = undo || grounded || acting.length === 0 || (sampled && unseen === 0);
  const lacking = unproven.length > 0 || !looked;
  const overridden = lacking && reason.trim() !== '';
  const dropped = decide.data?.dropped ?? [];
  const confirm = () => {
    const own = Map.groupBy(samples, ({ chunk }) => chunk);
    const seenIn = (number: number) => (own.get(number) ?? []).flatMap(({ ordinal }) => (seen.has(ordinal) ? [ordinal] : []));
    decide.mutate(
      {
        chunks: bound.bound.map((one) => ({ ...one, seen: seenIn(one.number) })),
        override: overridden ? reason.trim() : null,
        ...(grounded ? { atMost: share } : {}),
      },
      { onSuccess: ({ dropped: left }) => (left.length === 0 ? onClose() : undefined) },
    );
  };
  if (dropped.length > 0) return <Dropped decided={decide.data?.decided.length ?? 0} dropped={dropped} onClose={onClose} />;
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={words.title}
      description={`${chunksWords(preview)} ${words.text}`}
      confirm={words.confirm}
      kind={words.typed === null ? 'primary' : 'danger'}
      typed={words.typed ?? undefined}
      pending={decide.isPending}
      disabled={(lacking && !overridden) || bound.bound.length === 0}
      error={decide.error?.message ?? null}
      onConfirm={confirm}
    >
      <ActingList acting={acting} noun={noun} />
      {children}
      <Left preview={preview} />
      {bound.changed.length > 0 ? (
        <Banner kind="warning">
          {bound.changed.length === 1 ? `Chunk ${bound.changed[0]}` : formatNoun(bound.changed.length, 'chunks')} changed while
          this was counted, and {bound.changed.length === 1 ? 'is' : 'are'} not among what you approve.{' '}
          <button type="button" className="font-medium underline underline-offset-2" onClick={onAgain}>
            Count again
          </button>
        </Banner>
      ) : null}
      {undo ? (
        <p>
          Its ground is the receipts of what was done: no sample is asked for. What somebody changed since is left as it is, and
          told.
        </p>
      ) : (
        <Ground batchId={batchId} preview={preview} />
      )}
      {acting.length > 0 ? <Examples batchId={batchId} preview={preview} /> : null}
      {undo || grounded || acting.length === 0 ? null : sampled ? (
        <Samples samples={samples} seen={seen} onSeen={(ordinals) => setSeen((now) => new Set([...now, ...ordinals]))} />
      ) : (
        <p>
          These are too many chunks to be shown a sample of each here: the looks over the batch are their ground, or a reason.
        </p>
      )}
      {lacking ? (
        <div className="flex flex-col gap-2">
          {unproven.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          <Field label="Or approve without: why?" hint="Your reason goes into the receipt of this decision.">
            <Textarea rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
          </Field>
        </div>
      ) : null}
    </ConfirmDialog>
  );
}

/** What was looked at, what that proves, and what nobody looked at. */
function Ground({ batchId, preview }: { batchId: string; preview: DecisionPreview }) {
  const { bound, share, whole } = preview;
  const missing = looksMissing(bound ?? []);
  return (
    <section aria-label="What was looked at" className="flex flex-col gap-1">
      {bound?.map((one) => (
        <p key={one.category} className={one.wrong > 0 ? 'text-rust' : undefined}>
          {boundWords(one)}
        </p>
      ))}
      {bound && isGround(preview) ? (
        <p className="font-medium">Approved under the batch’s bound: {percent(share)} is proven. The receipts say so.</p>
      ) : null}
      {missing > 0 ? (
        <p>
          <Link href={`/batches/${batchId}/review`} className="text-accent underline underline-offset-2">
            Look at random items of the batch
          </Link>
          : {formatNoun(missing, 'more looks')}, none of them wrong, would prove that at most {percent(share)} is wrong{' '}
          {whole
            ? 'over the whole batch.'
            : 'in these chunks alone. For all that wait together fewer would do: what is wrong may all lie in the ones you chose.'}
        </p>
      ) : null}
      <p className="text-muted">{unlookedWords(preview)}</p>
    </section>
  );
}

function Left({ preview: { left } }: { preview: DecisionPreview }) {
  if (left.length === 0) return null;
  return (
    <p className="text-muted">
      {left.length === 1 ? '1 chunk is' : `${formatCount(left.length)} chunks are`} left out: {left[0]?.why}
      {left.length > 1 ? ` And ${formatCount(left.length - 1)} more.` : ''}
    </p>
  );
}

/** One real request of each category, from whichever chunk has one. */
function Examples({ batchId, preview: { examples, chunks } }: { batchId: string; preview: DecisionPreview }) {
  const byChunk = Map.groupBy(examples, ({ chunk }) => chunk);
  return (
    <div className="flex flex-col gap-3">
      {[...byChunk].map(([n, own]) => (
        <RequestExamples
          key={n}
          of={{ id: batchId, n }}
          only={own.map(({ category }) => category)}
          chunk={chunks.length > 1 ? (chunks.find(({ number }) => number === n)?.name ?? null) : null}
        />
      ))}
    </div>
  );
}

/** Some changed between the look and the press: they are named, and the rest is decided. */
function Dropped({ decided, dropped, onClose }: { decided: number; dropped: Decided['dropped']; onClose: () => void }) {
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`${formatNoun(decided, 'chunks')} approved, ${formatCount(dropped.length)} left out`}
      description="These were not what was on your screen any more, or were decided by somebody else. They wait as they are."
      confirm="Go on"
      cancel="Close"
      onConfirm={onClose}
    >
      <ul className="flex flex-col gap-1" aria-label="Left out">
        {dropped.slice(0, NAMED_MAX).map(({ number, why }) => (
          <li key={number}>
            <span className="font-medium">Chunk {formatCount(number)}</span> <span className="text-muted">{why}</span>
          </li>
        ))}
        {dropped.length > NAMED_MAX ? <li className="text-muted">And {formatCount(dropped.length - NAMED_MAX)} more.</li> : null}
      </ul>
    </ConfirmDialog>
  );
}

const NAMED_MAX = 12;
