import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { Undo } from '#app/(desk)/batches/[id]/undo.tsx';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import type { RestoreOf } from '#components/shelf/group.ts';
import { ShelfList } from '#components/shelf/shelf-list.tsx';
import { TakenBack } from '#components/shelf/taken-back.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import type { ShelfGroup } from '#lib/shapes/shelf.ts';
import { isId } from '#lib/steps/ids.ts';
import { listShelf } from '#lib/steps/shelf/list-shelf.ts';
import { readTakenBack } from '#lib/steps/shelf/read-taken-back.ts';
import { OpenGroup } from './open-group.tsx';

export const metadata: Metadata = { title: 'Shelf' };

/** An undo is a batch of its own. */
const ALL = { topics: ['batches'] } as const;

type Query = { batch?: string; category?: string; shelf?: string; search?: string; cursor?: string };

export default async function ShelfPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor('/shelf');
  if (!may(actor, 'see'))
    return (
      <EmptyState level={1} title="An auditor does not see items" text="The batches' receipts and decisions are open to you." />
    );
  const { batch: batchId, category, shelf, search, cursor } = await searchParams;
  if (batchId !== undefined && !isId(batchId)) notFound();
  const restore: RestoreOf = (group, size) => (may(actor, 'undo') ? <Restore group={group} {...(size ? { size } : {})} /> : null);
  if (batchId && category && shelf)
    return <OpenGroup actor={actor} group={{ batchId, category, shelf }} search={search} cursor={cursor} restore={restore} />;
  if (batchId) return <OfBatch actor={actor} batchId={batchId} cursor={cursor} restore={restore} />;
  const { items, next } = await listShelf(actor, { cursor });
  return (
    <>
      <Follow shows={ALL} />
      <PageHeader title="Shelf" meta="what batches put away and nobody has restored" />
      {items.length > 0 ? (
        <>
          <ShelfList groups={items} restore={restore} />
          <NextPage href={next === null ? null : `/shelf?cursor=${encodeURIComponent(next)}`} />
        </>
      ) : (
        <EmptyState
          title="The shelf is empty."
          text="A category whose action is “archive” puts its items here once a person has approved them. Items stay here until their batch, or a category of it, is undone."
        />
      )}
    </>
  );
}

type Of = { actor: Actor; batchId: string; cursor: string | undefined; restore: RestoreOf };

/** What one batch put there, and who took how much of it back. */
async function OfBatch({ actor, batchId, cursor, restore }: Of) {
  const [{ items, next }, taken] = await Promise.all([listShelf(actor, { batchId, cursor }), readTakenBack(actor, { batchId })]);
  if (taken === null) notFound();
  return (
    <>
      <Follow shows={ALL} />
      <PageHeader above={<AllOfIt />} title={`Shelf · ${taken.batchName}`} />
      {items.length > 0 ? (
        <div className="flex flex-col gap-3">
          {taken.by.length > 0 ? (
            <p>
              <TakenBack by={taken.by} />
            </p>
          ) : null}
          <ShelfList groups={items} restore={restore} />
          <NextPage href={next === null ? null : `/shelf?${new URLSearchParams({ batch: batchId, cursor: next })}`} />
        </div>
      ) : (
        <EmptyState title="Nothing of this batch is on the shelf." text={<TakenBack by={taken.by} />} />
      )}
    </>
  );
}

function AllOfIt() {
  return (
    <Link href="/shelf" className="underline-offset-2 hover:underline">
      Everything on the shelf
    </Link>
  );
}

function Restore({ group: { batchId, batchName, category }, ...size }: { group: ShelfGroup; size?: 'small' }) {
  return <Undo batchId={batchId} scope={{ category }} {...size} label="Restore…" what={`${category} of ${batchName}`} />;
}
