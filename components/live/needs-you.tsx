'use client';

import { ChevronDown, ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import { chunkLook } from '#components/chunks/state.ts';
import { Button } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge, type StateLook, TONE_TEXT } from '#components/ui/state-badge.tsx';
import { type BatchNeeds, NEED_KINDS, type Need, type NeedKind, type NeedsYou } from '#lib/shapes/live.ts';
import { needAddress, needDetail } from './need-words.ts';

/** From how many of a kind on one line stands for all of them, until it is opened. */
const FOLDED_FROM = 7;

type Lists = Record<NeedKind, Need[]>;
type Props = {
  needs: Pick<NeedsYou, 'batches' | 'halts' | 'doubts' | 'releases' | 'checkpoints'>;
  /** gives the reviews of a batch to whoever looks, or hands back theirs; `pending`: of which batch */
  claims: { take: (batchId: string, mine: boolean) => void; pending: string | null };
};

/** What waits for a person, the most urgent batch first: together what is asked of one batch. */
export function NeedsYouList({ needs, claims }: Props) {
  const { batches, checkpoints, ...others } = needs;
  const lists: Lists = { ...others, reviews: checkpoints };
  return (
    <div className="flex flex-col gap-6">
      {batches.map((batch) => (
        <OfBatch key={batch.batchId} {...{ batch, lists, claims }} />
      ))}
    </div>
  );
}

function OfBatch({ batch, lists, claims }: { batch: BatchNeeds; lists: Lists; claims: Props['claims'] }) {
  const { batchId, batchName, effect, since, reviews, mine } = batch;
  const pending = claims.pending === batchId;
  return (
    <section aria-label={batchName}>
      <h2 className="mb-2 flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <Link href={`/batches/${batchId}`} className="text-14 font-medium underline-offset-2 hover:underline">
          {batchName}
        </Link>
        {effect === 'permanent' ? <span className="text-red">can’t be undone</span> : null}
        <span className="text-12 text-muted">
          asked <RelativeTime iso={since} />
        </span>
        {reviews > 1 || mine > 0 ? (
          <span className="ml-auto flex gap-2">
            {mine < reviews ? (
              <Button size="small" pending={pending} onClick={() => claims.take(batchId, true)}>
                {mine > 0 ? `Take the other ${formatCount(reviews - mine)}` : `Take all ${formatCount(reviews)}`}
              </Button>
            ) : null}
            {mine > 0 ? (
              <Button size="small" pending={pending} onClick={() => claims.take(batchId, false)}>
                Hand back {formatCount(mine)}
              </Button>
            ) : null}
          </span>
        ) : null}
      </h2>
      <div className="flex flex-col gap-2">
        {NEED_KINDS.map((kind) => {
          const members = lists[kind].filter((need) => need.batchId === batchId);
          return members.length > 0 ? <OfKind key={kind} {...{ batch, kind, members }} /> : null;
        })}
      </div>
    </section>
  );
}

function OfKind({ batch, kind, members }: { batch: BatchNeeds; kind: NeedKind; members: Need[] }) {
  const count = kind === 'doubts' ? members.length : batch[kind];
  const [open, setOpen] = useState(count < FOLDED_FROM);
  const list = useId();
  const look = lookOf(kind, members[0] as Need);
  const beyond = count - members.length;
  return (
    <div>
      {count > 1 ? (
        <button
          type="button"
          aria-expanded={open}
          aria-controls={list}
          onClick={() => setOpen(!open)}
          className="row-item mb-1 flex w-full items-center gap-2 rounded-md px-1 text-left hover:bg-surface"
        >
          {open ? <ChevronDown size={14} aria-hidden="true" /> : <ChevronRight size={14} aria-hidden="true" />}
          <StateBadge {...look} />
          <span className="text-muted">{kindWords(kind, batch, count)}</span>
        </button>
      ) : null}
      <div id={list} hidden={!open}>
        {open ? (
          <ul
            className={
              kind === 'reviews' && members.length > 1 ? 'grid gap-1 sm:grid-cols-2 xl:grid-cols-3' : 'flex flex-col gap-1'
            }
          >
            {members.map((need) => (
              <li key={need.chunk} className="min-w-0">
                <Line {...{ kind, need, look: lookOf(kind, need) }} />
              </li>
            ))}
          </ul>
        ) : null}
        {open && beyond > 0 ? (
          <p className="mt-1 px-1">
            <Link href={`/batches/${batch.batchId}`} className="text-muted underline underline-offset-2 hover:text-text">
              {formatCount(beyond)} more on the page of the batch
            </Link>
          </p>
        ) : null}
      </div>
    </div>
  );
}

function kindWords(kind: NeedKind, batch: BatchNeeds, chunks: number): string {
  if (kind === 'doubts') return `${formatNoun(batch.doubts, 'actions')} in ${formatNoun(chunks, 'chunks')}`;
  return formatNoun(chunks, kind === 'halts' ? 'chunks' : kind);
}

function Line({ kind, need, look }: { kind: NeedKind; need: Need; look: StateLook }) {
  const reviews = kind === 'reviews';
  const { batchId, batchName, chunk } = need;
  return (
    <Link
      href={needAddress({ batchId, chunk, kind })}
      className="row-item flex items-center gap-3 rounded-md border border-hairline px-3 py-1 transition-colors hover:bg-surface"
    >
      <span className={TONE_TEXT[look.tone]}>
        <Glyph name={look.glyph} />
        <span className="sr-only">
          {batchName}, {look.word}:
        </span>
      </span>
      <span className={`min-w-0 flex-1 ${reviews ? 'flex items-baseline gap-3' : 'sm:flex sm:items-baseline sm:gap-3'}`}>
        <span className={`font-medium ${reviews ? 'truncate' : 'block sm:shrink-0'}`}>{need.name}</span>
        <span className={`min-w-0 text-muted ${reviews ? 'shrink-0' : 'block'}`}>{needDetail(kind, need)}</span>
      </span>
      {need.mine ? <span className="shrink-0 text-12 text-muted">yours</span> : null}
      {reviews ? null : (
        <span className="shrink-0 text-12 text-muted max-sm:hidden">
          <RelativeTime iso={need.since} />
        </span>
      )}
    </Link>
  );
}

function lookOf(kind: NeedKind, { state }: Need): StateLook {
  return kind === 'doubts'
    ? { tone: 'magenta', glyph: '?', word: 'Uncertain' }
    : chunkLook({ state, waitsFor: { for: 'person' } });
}
