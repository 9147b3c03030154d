'use client';

import { useMutation } from '@tanstack/react-query';
import { resumeAction, retryAction } from '#app/(desk)/batches/actions.ts';
import { Targets } from '#app/(desk)/targets.tsx';
import { useActed } from '#app/(desk)/use-acted.ts';
import { ReviewNext } from '#components/batches/review-next.tsx';
import { needsWords } from '#components/batches/words.ts';
import { DatabaseTrouble } from '#components/fleet/database-trouble.tsx';
import { Unattended } from '#components/fleet/unattended.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { writing } from '#components/ui/writing.ts';
import { BATCH_RETRIABLE } from '#lib/core/lifecycle.ts';
import { AT_LIMIT } from '#lib/core/models/cost.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { BatchSnapshot } from '#lib/shapes/live.ts';
import type { Rights } from '#lib/shapes/people.ts';
import { RaiseSpend } from './raise-spend.tsx';

type Props = {
  batch: BatchSnapshot;
  may: Pick<Rights, 'resume' | 'retry' | 'see' | 'decide'>;
  tab: string;
  /** some of its chunks came to their end with failures */
  failed: boolean;
};

/** What keeps a batch from going on, and what waits for a person: each once, with what can be done about it. */
export function BatchAlerts({ batch, may, tab, failed }: Props) {
  const { id: batchId, needs, sum, targets, next } = batch;
  const acted = useActed();
  const retry = useMutation(writing(['batches', batchId, 'retry'], () => acted(retryAction({ batchId }))));
  const resume = useMutation(writing(['batches', batchId, 'resume'], () => acted(resumeAction({ batchId }))));
  // To whoever decides on nothing its state says what it waits for.
  const waits = may.decide ? needsWords(needs) : null;
  const halts = haltsOf(batch);
  const atLimit = halts.some((why) => why.startsWith(AT_LIMIT)) ? batch.spend : null;
  return (
    <>
      {batch.trouble ? <DatabaseTrouble fault={batch.trouble} /> : null}
      {batch.unattended ? <Unattended heardAt={batch.unattended.heardAt} inFlight={sum.inFlight} /> : null}
      <Targets incidents={targets} mayResume={may.resume} />
      {needs.halts > 0 ? (
        <Banner
          kind="danger"
          actions={
            <>
              {waits === null && next !== null && may.see ? (
                <ReviewNext href={`/batches/${batchId}/chunks/${next}`} label="Look at it" kind="secondary" />
              ) : null}
              {atLimit === null && batch.spend && halts.length > 0 ? (
                <ButtonLink href={`/connections/${batch.spend.connection}`}>Look at the connection</ButtonLink>
              ) : null}
              {may.resume && batch.state === 'running' && atLimit === null ? (
                <Button kind="primary" pending={resume.isPending} onClick={() => resume.mutate()}>
                  Resume {formatNoun(needs.halts, 'chunks')}
                </Button>
              ) : null}
            </>
          }
        >
          <span className="font-medium">
            {halts.length === 1 ? `Stopped: ${halts[0]}` : `${formatNoun(needs.halts, 'chunks')} stopped.`}
          </span>{' '}
          Nothing of {needs.halts === 1 ? 'that chunk' : 'them'} is sent until somebody resumes.
          {needs.doubts > 0 ? ' Resuming never repeats the uncertain actions.' : ''} {resume.error?.message}
          {atLimit && may.resume ? <RaiseSpend batchId={batchId} spend={atLimit} /> : null}
        </Banner>
      ) : null}
      {failed && may.retry && BATCH_RETRIABLE.includes(batch.state) ? (
        <Banner
          kind="warning"
          actions={
            <>
              {tab === 'failed' ? null : <ButtonLink href={`/batches/${batchId}?tab=failed`}>See why</ButtonLink>}
              <Button pending={retry.isPending} onClick={() => retry.mutate()}>
                Retry the {formatCount(sum.failed)} that failed
              </Button>
            </>
          }
        >
          {formatNoun(sum.failed, 'actions')} failed. {sum.failed === 1 ? 'It' : 'They'} changed nothing. {retry.error?.message}
        </Banner>
      ) : null}
      {waits === null ? null : (
        <Banner
          actions={
            <>
              {needs.doubts > 0 && tab !== 'uncertain' ? (
                <ButtonLink href={`/batches/${batchId}?tab=uncertain`}>Answer the uncertain actions</ButtonLink>
              ) : null}
              {next !== null && may.see ? <ReviewNext href={`/batches/${batchId}/chunks/${next}`} /> : null}
            </>
          }
        >
          Needs you: {waits}
        </Banner>
      )}
    </>
  );
}

/** Why its chunks halted, each reason once: not those that halted at a target, which is told as the target's. */
function haltsOf({ chunks }: Pick<BatchSnapshot, 'chunks'>): string[] {
  return [
    ...new Set(
      chunks.flatMap(({ state, haltReason, waitsFor }) =>
        state === 'halted' && waitsFor?.for !== 'target' && haltReason ? [reasonWords(haltReason)] : [],
      ),
    ),
  ];
}
