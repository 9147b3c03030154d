'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { api, asOutcome, queries } from '#components/api-client.ts';
import { ReviewNext } from '#components/batches/review-next.tsx';
import { DatabaseTrouble } from '#components/fleet/database-trouble.tsx';
import { needAddress, othersWords } from '#components/live/need-words.ts';
import { NeedsYouList } from '#components/live/needs-you.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { PageHeader } from '#components/ui/page-header.tsx';
import { writing } from '#components/ui/writing.ts';
import type { NeedsYou } from '#lib/shapes/live.ts';
import { Targets } from './targets.tsx';

type Props = { needs: NeedsYou; may: { resume: boolean; upload: boolean } };

/** What waits for this person, as it is now: the desk reads it again when something has changed. */
export function NeedsDesk({ needs: initial, may }: Props) {
  // What came with the page may be old: the browser keeps pages for going back.
  const given = { initialData: initial, initialDataUpdatedAt: 0, gcTime: 0 };
  const { data: needs } = useQuery({ ...queries.needsYou.read.queryOptions(), ...given });
  const cache = useQueryClient();
  const take = useMutation({
    ...writing(['needs-you', 'assign'], ({ batchId, mine }: { batchId: string; mine: boolean }) =>
      asOutcome(api.chunks.assign({ params: { id: batchId }, body: { to: mine ? 'me' : null } })),
    ),
    onSettled: () => cache.invalidateQueries({ queryKey: queries.needsYou.key() }),
    onError: ({ message }) => toast.error(message),
  });
  const { batches, targets, next, others, count, trouble } = needs;
  const elsewhere = othersWords(others);
  return (
    <>
      <PageHeader
        title="Needs you"
        meta={count === 0 ? undefined : `${formatNoun(count, 'questions')}, the most urgent first`}
        actions={next ? <ReviewNext href={needAddress(next)} /> : null}
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
      {batches.length > 0 ? (
        <NeedsYouList
          needs={needs}
          claims={{
            take: (batchId, mine) => take.mutate({ batchId, mine }),
            pending: take.isPending ? take.variables.batchId : null,
          }}
        />
      ) : targets.length > 0 ? null : (
        <EmptyState
          title="Nothing waits for you"
          text="A chunk appears here when it is classified, and an action when somebody has to answer for it."
          action={
            may.upload ? (
              <ButtonLink href="/datasets" kind="primary">
                Upload a dataset
              </ButtonLink>
            ) : (
              <ButtonLink href="/batches">See the batches</ButtonLink>
            )
          }
        />
      )}
      {elsewhere ? <p className="mt-6 text-muted">Not listed, because others review them: {elsewhere}.</p> : null}
    </>
  );
}
