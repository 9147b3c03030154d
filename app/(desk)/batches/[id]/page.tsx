import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { personOfPage, requireActor } from '#app/actor.ts';
import { StepUpNotice } from '#components/account/step-up-notice.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { BATCH_UNFINISHED, CHUNK_STATES, type ChunkState } from '#lib/core/lifecycle.ts';
import { legible } from '#lib/core/values/legible.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { readChunks } from '#lib/steps/chunks/read-chunks.ts';
import { readDelivery } from '#lib/steps/delivery/read-delivery.ts';
import { readStepUp } from '#lib/steps/factors/step-up.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { readAgreement } from '#lib/steps/reviews/read-agreement.ts';
import { BatchDesk } from './batch-desk.tsx';
import { BatchTab, isTab } from './batch-tab.tsx';

type Query = { tab?: string; as?: string; state?: string; cursor?: string } & Record<string, string | string[]>;
type Props = { params: Promise<{ id: string }>; searchParams: Promise<Query> };

/** Once for the title and the page. */
const batchOf = cache((actor: Actor, batchId: string) => readBatch(actor, { batchId }));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const person = await personOfPage();
  return { title: legible((person && (await batchOf(person.actor, (await params).id))?.name) || 'Batch') };
}

export default async function BatchPage({ params, searchParams }: Props) {
  const { id } = await params;
  const query = await searchParams;
  const { tab = 'chunks' } = query;
  const actor = await requireActor(`/batches/${id}`);
  const [batch, tape, stepUp, delivery, agreement] = await Promise.all([
    batchOf(actor, id),
    readTape(actor, { batchId: id }),
    readStepUp(actor, { batchId: id }),
    readDelivery(actor, { batchId: id }),
    may(actor, 'see') ? readAgreement(actor, { batchId: id }) : null,
  ]);
  if (batch === null || tape === null || !isTab(tab)) notFound();
  const { plan, planNotes, undoneBy, original, ...shown } = batch;
  const state = CHUNK_STATES.find((known) => known === query.state) ?? null;
  const asTable = query.as === 'table' || state !== null;
  const listed = tab === 'chunks' && asTable && shown.groups ? await listChunks(actor, id, state, query.cursor) : null;
  const rights = {
    ...{ start: may(actor, 'start'), pause: may(actor, 'pause'), resume: may(actor, 'resume'), cancel: may(actor, 'cancel') },
    ...{ retry: may(actor, 'retry'), see: may(actor, 'see'), decide: may(actor, 'decide'), undo: may(actor, 'undo') },
  };
  return (
    <>
      {rights.decide && BATCH_UNFINISHED.includes(shown.state) ? <StepUpNotice {...stepUp} /> : null}
      <BatchDesk
        batch={{ ...shown, tape }}
        {...{ undoneBy, delivery, agreement, tab, may: rights, asked: { asTable, state, listed } }}
      >
        {tab === 'chunks' ? null : (
          <BatchTab
            {...{ actor, batchId: id, tab, plan, planNotes, about: shown, noun: shown.noun, original, query }}
            revisable={shown.undoes === null && BATCH_UNFINISHED.includes(shown.state)}
          />
        )}
      </BatchDesk>
    </>
  );
}

/** A page of the chunks, of one state when it is asked for; and where the next page is. */
async function listChunks(actor: Actor, batchId: string, state: ChunkState | null, cursor: string | undefined) {
  const page = await readChunks(actor, { batchId, state, cursor });
  if (page === null) return null;
  const query = new URLSearchParams({ as: 'table', ...(state ? { state } : {}), ...(page.next ? { cursor: page.next } : {}) });
  return { items: page.items, next: page.next === null ? null : `/batches/${batchId}?${query}` };
}
