import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { requireActor } from '#app/actor.ts';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { LooksReview } from '#components/decisions/looks-review.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Link } from '#components/ui/link.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readReviewed } from '#lib/steps/checkpoints/read-reviewed.ts';

type Props = { params: Promise<{ id: string }> };

export const metadata: Metadata = { title: 'Random items of a batch' };

export default async function BatchReviewPage({ params }: Props) {
  const { id } = await params;
  const actor = await requireActor(`/batches/${id}/review`);
  if (!may(actor, 'see'))
    return (
      <EmptyState
        level={1}
        title="An auditor does not see items"
        text="The batch's receipts and decisions are open to you."
        action={<ButtonLink href={`/batches/${id}?tab=receipts`}>Receipts</ButtonLink>}
      />
    );
  const batch = await readReviewed(actor, { batchId: id });
  if (batch === null) notFound();
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <p className="text-12 text-muted">
        <Link href={`/batches/${id}`} className="hover:text-text hover:underline">
          {batch.name}
        </Link>
      </p>
      <h1 className="text-20 font-medium">Look at random {batch.noun} of the whole batch</h1>
      <FieldLabelsOf labels={batch.labels}>
        <LooksReview batchId={id} mayMark={may(actor, 'mark') && may(actor, 'correct')} mayDecide={may(actor, 'decide')} />
      </FieldLabelsOf>
    </div>
  );
}
