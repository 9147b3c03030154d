'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { ItemEffect } from '#components/actions/item-effect.tsx';
import { percent } from '#components/checkpoints/evidence-words.ts';
import { ItemDetail } from '#components/checkpoints/item-detail.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { useKeys } from '#components/ui/use-keys.ts';
import type { SampleOfBatch } from '#lib/shapes/decisions.ts';
import { boundWords, looksMissing } from './decide-words.ts';
import { KeyHint } from './key-hint.tsx';
import { LooksList, type SaidHere } from './looks-list.tsx';
import { useLooks } from './use-looks.ts';

/** The next random items of a whole batch, in one list: each is marked right, or moved to where it belongs. */
export function LooksReview({ batchId, mayMark, mayDecide }: { batchId: string; mayMark: boolean; mayDecide: boolean }) {
  const router = useRouter();
  const { looks, error, said, say, takeBack, further, saving, reading, refused } = useLooks(batchId);
  const [chosen, setChosen] = useState<number | null>(null);
  const items = looks?.items ?? [];
  const names = looks?.categories.map(({ name }) => name) ?? [];
  const at = Math.max(
    0,
    items.findIndex(({ ordinal }) => ordinal === chosen),
  );
  const current = items[at] ?? null;
  const categoryOf = ({ ordinal, category }: SampleOfBatch): string => {
    const what = said.get(ordinal);
    return what && 'category' in what ? what.category : category;
  };
  const saidOf = ({ ordinal }: SampleOfBatch): SaidHere => {
    const what = said.get(ordinal);
    if (!what) return null;
    return 'right' in what ? 'right' : { moved: what.category };
  };
  const left = items.filter(({ ordinal }) => !said.has(ordinal)).length;
  const missing = looksMissing(looks?.bound ?? []);
  const approveHref = `/batches/${batchId}?approve`;
  const choose = (index: number) => setChosen(items[Math.min(items.length - 1, Math.max(0, index))]?.ordinal ?? null);
  const give = (sample: SampleOfBatch, what: Parameters<typeof say>[1]) => {
    say(sample, what);
    choose(at + 1);
  };
  const assign = (name: string) => current && give(current, name === current.category ? { right: true } : { category: name });
  const right = () => current && give(current, { right: true });
  const canApprove = mayDecide && !saving && (looks?.waiting ?? 0) > 0;

  useKeys({
    j: () => choose(at + 1),
    k: () => choose(at - 1),
    ...(mayMark
      ? {
          ...{ a: right, y: right },
          z: () => {
            const sample = takeBack();
            if (sample) setChosen(sample.ordinal);
          },
          ...Object.fromEntries(names.slice(0, 9).map((name, index) => [String(index + 1), () => assign(name)])),
        }
      : {}),
    ...(canApprove ? { e: () => router.push(approveHref) } : {}),
    ...(left === 0 && missing > 0 ? { r: () => void further() } : {}),
  });

  if (error)
    return (
      <Banner kind="danger" actions={<Button onClick={() => void further()}>Try again</Button>}>
        {error}
      </Banner>
    );
  if (!looks) return <Skeleton rows={8} label="Drawing the next items" />;
  const approve = canApprove ? (
    <ButtonLink kind={missing === 0 ? 'primary' : 'secondary'} href={approveHref}>
      Approve the {formatNoun(looks.waiting, 'chunks')} that wait… <KeyHint>e</KeyHint>
    </ButtonLink>
  ) : null;
  if (looks.bound === null)
    return (
      <EmptyState
        title="This batch has no bound over all of it"
        text="It is an undo, began before one draw was kept for all chunks, or its plan asks for evidence of each chunk."
      />
    );
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <ul className="flex flex-col gap-0.5" aria-label="What the looks prove">
          {looks.bound.map((one) => (
            <li key={one.category} className={one.wrong > 0 ? 'text-rust' : undefined}>
              {boundWords(one)}
              {one.more > 0 ? ` ${formatCount(one.more)} more for ${percent(looks.share)}.` : ''}
            </li>
          ))}
        </ul>
        <span className="flex flex-wrap items-center gap-2">
          <span role="status" className="text-12 text-muted">
            {saving
              ? 'Saving…'
              : items.length > 0
                ? `${formatCount(items.length - left)} of ${formatCount(items.length)} looked at`
                : ''}
          </span>
          {approve}
        </span>
      </div>
      {refused ? <Banner kind="warning">{refused} It was taken back.</Banner> : null}
      {left === 0 && !saving ? (
        <Banner
          kind={missing === 0 ? 'done' : 'info'}
          actions={
            missing > 0 ? (
              <Button pending={reading} onClick={() => void further()}>
                Draw the next {formatCount(missing)} <KeyHint>r</KeyHint>
              </Button>
            ) : null
          }
        >
          {missing === 0
            ? `At most ${percent(looks.share)} of each category is wrong, 95 % sure: that is proven over all chunks that wait and were decided.`
            : `What was found wrong asks for more: ${formatCount(missing)} looks are missing for ${percent(looks.share)}.`}
        </Banner>
      ) : null}
      {items.length > 0 ? (
        <div className="grid min-h-0 min-w-0 rounded-md border border-hairline lg:h-[calc(100dvh-16rem)] lg:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)]">
          <div className="flex min-h-0 min-w-0 flex-col max-lg:border-b lg:border-r lg:border-hairline">
            <LooksList items={items} selected={current?.ordinal ?? null} saidOf={saidOf} onSelect={setChosen} />
          </div>
          <div className="min-h-0 min-w-0 overflow-y-auto">
            {current ? (
              <p className="flex flex-wrap items-center gap-2 border-b border-hairline px-4 py-2">
                <span className="font-medium">{current.category}</span>
                <Link href={`/batches/${batchId}/chunks/${current.chunk}`} className="text-muted underline underline-offset-2">
                  chunk {formatCount(current.chunk)}
                </Link>
                {current.decided ? <span className="text-12 text-muted">decided: a wrong one can be undone there</span> : null}
                {mayMark ? (
                  <Button size="small" className="ml-auto" onClick={right}>
                    Right <KeyHint>a</KeyHint>
                  </Button>
                ) : null}
              </p>
            ) : null}
            <ItemDetail
              sample={current}
              category={current ? categoryOf(current) : ''}
              action={looks.categories.find(({ name }) => current && name === categoryOf(current))?.action ?? null}
              categories={names}
              mayCorrect={mayMark}
              became={null}
              onCorrect={assign}
              effect={
                current ? (
                  <ItemEffect of={{ id: batchId, n: current.chunk }} ordinal={current.ordinal} category={categoryOf(current)} />
                ) : null
              }
            />
          </div>
        </div>
      ) : null}
    </div>
  );
}
