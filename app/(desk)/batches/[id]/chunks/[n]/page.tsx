import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { personOfPage, requireActor } from '#app/actor.ts';
import { StepUpNotice } from '#components/account/step-up-notice.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { legible } from '#lib/core/values/legible.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { readStepUp } from '#lib/steps/factors/step-up.ts';
import { CheckpointDesk } from './checkpoint-desk.tsx';

type Props = { params: Promise<{ id: string; n: string }> };

/** Once for the title and the page. */
const checkpointOf = cache((actor: Actor, batchId: string, chunk: number) => readCheckpoint(actor, { batchId, chunk }));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { id, n } = await params;
  const person = await personOfPage();
  const view = person && may(person.actor, 'see') ? await checkpointOf(person.actor, id, Number(n)) : null;
  return { title: legible(view ? `${view.chunk.name} · ${view.batch.name}` : `Chunk ${n}`) };
}

export default async function CheckpointPage({ params }: Props) {
  const { id, n } = await params;
  const actor = await requireActor(`/batches/${id}/chunks/${n}`);
  if (!may(actor, 'see'))
    return (
      <EmptyState
        level={1}
        title="An auditor does not see items"
        text="What was decided of this chunk, and what was done, is in its receipts. They are open to you."
        action={
          <>
            <ButtonLink kind="primary" href={`/batches/${id}?tab=receipts&chunk=${Number(n)}`}>
              Receipts of chunk {Number(n)}
            </ButtonLink>
            <ButtonLink href={`/batches/${id}`}>The batch</ButtonLink>
          </>
        }
      />
    );
  const view = await checkpointOf(actor, id, Number(n));
  if (view === null) notFound();
  // The component asks what this person may do; which of it the state allows, it knows itself.
  const rights = {
    correct: may(actor, 'correct'),
    mark: may(actor, 'mark'),
    decide: may(actor, 'decide'),
    resume: may(actor, 'resume'),
    pause: may(actor, 'pause'),
    cancel: may(actor, 'cancel'),
    acceptRest: may(actor, 'accept_rest'),
    retry: may(actor, 'retry'),
    undo: may(actor, 'undo'),
    plan: may(actor, 'plan'),
  };
  const stepUp = await readStepUp(actor, { batchId: id });
  return (
    <>
      {rights.decide ? <StepUpNotice {...stepUp} /> : null}
      <CheckpointDesk view={{ ...view, may: rights }} />
    </>
  );
}
