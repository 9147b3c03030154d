import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { TakenBack } from '#components/shelf/taken-back.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { isId } from '#lib/steps/ids.ts';
import { listShelf } from '#lib/steps/shelf/list-shelf.ts';
import { readTakenBack } from '#lib/steps/shelf/read-taken-back.ts';
import { OpenGroup } from './open-group.tsx';
import { ShelfGroups } from './shelf-groups.tsx';

export const metadata: Metadata = { title: 'Shelf' };

/** An undo is a batch of its own. */
const ALL = { topics: ['batches'] } as const;

type Query = { batch?: string; category?: string; shelf?: string; search?: string };

export default async function ShelfPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor('/shelf');
  if (!may(actor, 'see'))
    return (
      <EmptyState
        level={1}
        title="An auditor does not see items"
        text="The batches' receipts and decisions are open to you."
        action={<ButtonLink href="/batches">Batches</ButtonLink>}
      />
    );
  const { batch: batchId, category, shelf, search } = await searchParams;
  if (batchId !== undefined && !isId(batchId)) notFound();
  const mayRestore = may(actor, 'undo');
  if (batchId && category && shelf)
    return <OpenGroup actor={actor} group={{ batchId, category, shelf }} search={search} mayRestore={mayRestore} />;
  if (batchId) return <OfBatch actor={actor} batchId={batchId} mayRestore={mayRestore} />;
  const first = await listShelf(actor);
  return (
    <>
      <Follow shows={ALL} />
      <PageHeader title="Shelf" meta="what batches put away and nobody has restored" />
      {first.items.length > 0 ? (
        <ShelfGroups batchId={null} first={first} mayRestore={mayRestore} />
      ) : (
        <EmptyState
          title="The shelf is empty."
          text="A category whose action is “archive” puts its items here once a person has approved them. Items stay here until their batch, or a category of it, is undone."
          action={<ButtonLink href="/batches">All batches</ButtonLink>}
        />
      )}
    </>
  );
}

type Of = { actor: Actor; batchId: string; mayRestore: boolean };

/** What one batch put there, and who took how much of it back. */
async function OfBatch({ actor, batchId, mayRestore }: Of) {
  const [first, taken] = await Promise.all([listShelf(actor, { batchId }), readTakenBack(actor, { batchId })]);
  if (taken === null) notFound();
  return (
    <>
      <Follow shows={ALL} />
      <PageHeader above={<AllOfIt />} title={`Shelf · ${taken.batchName}`} />
      {first.items.length > 0 ? (
        <div className="flex flex-col gap-3">
          {taken.by.length > 0 ? (
            <p>
              <TakenBack by={taken.by} />
            </p>
          ) : null}
          <ShelfGroups batchId={batchId} first={first} mayRestore={mayRestore} />
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
