'use client';

import { useQuery } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import { ReviewNext } from '#components/batches/review-next.tsx';
import { DatabaseTrouble } from '#components/fleet/database-trouble.tsx';
import { type NeedLine, NeedsYouList } from '#components/live/needs-you.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { PageHeader } from '#components/ui/page-header.tsx';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { Need, NeedsYou } from '#lib/shapes/live.ts';
import { Targets } from './targets.tsx';

/** What waits for this person, as it is now: the desk reads it again when something has changed. */
export function NeedsDesk({ needs: initial, may }: { needs: NeedsYou; may: { resume: boolean; upload: boolean } }) {
  // What came with the page may be old: the browser keeps pages for going back.
  const given = { initialData: initial, initialDataUpdatedAt: 0, gcTime: 0 };
  const { data } = useQuery({ ...queries.needsYou.read.queryOptions(), ...given });
  const { targets, halts, doubts: uncertain, releases, checkpoints, count, trouble } = data;
  const needs: NeedLine[] = [
    ...halts.map((need) =>
      line(need, 'halted', `Stopped: ${need.haltReason ? reasonWords(need.haltReason) : 'nothing is being sent.'}`),
    ),
    ...uncertain.map((need) => ({
      ...line(need, 'uncertain', `${formatNoun(need.uncertain, 'requests')} went out and no answer came`),
      href: `/batches/${need.batchId}?tab=uncertain`,
    })),
    ...releases.map((need) => line(need, 'awaiting_release', 'The first actions are done. Look at them, then release the rest.')),
    ...checkpoints.map((need) => line(need, need.state, need.note ?? formatNoun(need.itemCount, need.noun))),
  ];
  const [next] = needs;
  return (
    <>
      <PageHeader
        title="Needs you"
        meta={count === 0 ? undefined : `${formatNoun(count, 'questions')}, the most urgent first`}
        actions={next ? <ReviewNext href={next.href} /> : null}
      />
      {trouble ? (
        <div className="mb-4">
          <DatabaseTrouble fault={trouble} />
        </div>
      ) : null}
      {targets.length > 0 ? (
        <div className="mb-6 flex flex-col gap-2">
          <Targets incidents={targets} mayResume={may.resume} />
        </div>
      ) : null}
      {needs.length > 0 ? (
        <NeedsYouList needs={needs} />
      ) : targets.length > 0 ? null : (
        <EmptyState
          title="Nothing waits for you"
          text="A chunk appears here when it is classified, and an action when somebody has to answer for it."
          action={
            may.upload ? (
              <ButtonLink href="/datasets" kind="primary">
                Upload a dataset
              </ButtonLink>
            ) : null
          }
        />
      )}
    </>
  );
}

function line(need: Need, state: NeedLine['state'], detail: string): NeedLine {
  const { batchId, batchName, chunk, name, since } = need;
  return {
    id: `${batchId}:${chunk}:${state}`,
    href: `/batches/${batchId}/chunks/${chunk}`,
    batchId,
    batchName,
    name,
    detail,
    state,
    since,
  };
}
