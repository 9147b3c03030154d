'use client';

import { type ReactNode, useState } from 'react';
import { actionLook, isPaused } from '#components/chunks/state.ts';
import { TargetIncidents } from '#components/fleet/target-incidents.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant, Zoned } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { type Wait, waitWords } from '#lib/core/chunks/waits-for.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { FirstReceipt } from '#lib/shapes/checkpoints.ts';
import type { ChangeMeanwhile, CheckpointView } from './checkpoint-view.ts';
import { RestPanel } from './rest-panel.tsx';
import { leaveWords, notYouWords } from './words.ts';

/** The receipts of the first few, and the button that lets the rest go. */
function ReleasePanel({
  view,
  release,
  refuse,
  pending,
  error,
  onRelease,
}: {
  view: CheckpointView;
  /** the button that says no */
  refuse: ReactNode;
  release: string;
  pending: boolean;
  error: string | null;
  onRelease: () => void;
}) {
  const { chunk, batch } = view;
  const troubled = chunk.counts.failed + chunk.counts.uncertain;
  return (
    <section aria-label="The first receipts" className="rounded-md border border-amber bg-surface p-4">
      <h2 className="text-16 font-medium">
        {chunk.counts.done === 1 ? 'The first one is done' : `The first ${formatCount(chunk.counts.done + troubled)} have run`}
        {troubled > 0 ? `, ${formatCount(troubled)} not as planned` : ''}. Are they what you meant?
      </h2>
      <ReceiptLines batchId={batch.id} chunk={chunk.number} receipts={view.firstReceipts} />
      <div className="mt-3 flex flex-wrap items-center gap-3">
        {view.may.decide ? (
          <Button kind="primary" onClick={onRelease} pending={pending}>
            {release}
          </Button>
        ) : null}
        {refuse}
        <span className="text-muted">Nothing else has been sent.</span>
      </div>
      {error ? (
        <p role="alert" className="mt-2 text-red">
          {error}
        </p>
      ) : null}
    </section>
  );
}

function ReceiptLines({ batchId, chunk, receipts }: { batchId: string; chunk: number; receipts: FirstReceipt[] }) {
  // The answers below them stay in sight.
  return (
    <ol className="mt-3 rounded-md border border-hairline bg-background py-1 font-mono text-12 leading-[18px] lg:max-h-[13dvh] lg:overflow-y-auto">
      {receipts.map((receipt) => {
        const look = actionLook(receipt.result ?? 'intent');
        return (
          <li key={receipt.seq}>
            <Link
              href={`/batches/${batchId}/receipts/${chunk}.${receipt.seq}`}
              className="flex flex-wrap items-center gap-x-3 px-3 py-1 hover:bg-surface"
            >
              <StateBadge {...look} />
              <span className="min-w-0 break-words">{receipt.line}</span>
              {receipt.reason ? (
                <span className={receipt.result === 'succeeded' ? 'text-muted' : 'text-red'}>{reasonWords(receipt.reason)}</span>
              ) : null}
            </Link>
          </li>
        );
      })}
    </ol>
  );
}

/** Nobody is asked for anything. */
const GOES_ON: readonly Wait[] = ['rate', 'retry_after', 'target'];

type Step = { pending: boolean; error: string | null; run: () => void };
type PanelProps = {
  view: CheckpointView;
  resume: Step | null;
  acceptRest: Step | null;
  onUpdateConnection: (() => void) | null;
};

/** What this state of the chunk asks of a person, and the button that answers it; nothing where it asks nothing. */
export function StatePanel({
  view,
  release,
  refuse,
  resume,
  acceptRest,
  retry,
  onUpdateConnection,
  onResumeTarget,
  onAgain,
}: PanelProps & {
  release: Step & { words: string };
  refuse: ReactNode;
  retry: Step | null;
  onResumeTarget: ((id: string) => Promise<Outcome>) | null;
  /** plans what a cancelled chunk left unsent again; null for whoever may not plan */
  onAgain: (() => Promise<Outcome>) | null;
}) {
  const { chunk, batch, may } = view;
  const { failed, uncertain } = chunk.counts;
  if (chunk.state === 'awaiting_release') {
    return (
      <ReleasePanel
        view={view}
        release={release.words}
        refuse={refuse}
        pending={release.pending}
        error={release.error}
        onRelease={release.run}
      />
    );
  }
  if (chunk.waitsFor?.for === 'target' && view.targets.length > 0) {
    return (
      <div className="flex flex-col items-start gap-2">
        <div className="self-stretch">
          <TargetIncidents incidents={view.targets} onResume={may.resume ? onResumeTarget : null} />
        </div>
        <LeaveRest view={view} acceptRest={acceptRest} />
      </div>
    );
  }
  if (view.rest) return <RestPanel view={{ batch, chunk, rest: view.rest }} onAgain={onAgain} />;
  if (chunk.state === 'halted') {
    return <HaltedPanel view={view} resume={resume} acceptRest={acceptRest} onUpdateConnection={onUpdateConnection} />;
  }
  if (isPaused(chunk)) {
    return (
      <Banner actions={resume && may.resume && batch.state !== 'paused' ? <StepButton step={resume}>Resume</StepButton> : null}>
        {batch.state === 'paused' ? 'The whole batch is paused.' : 'Paused.'} Nothing is being sent. What was sent keeps its
        receipts.
        <Refusal step={resume} />
      </Banner>
    );
  }
  if (uncertain > 0 && chunk.state === 'unresolved') {
    return (
      <Banner
        kind="warning"
        actions={
          <ButtonLink kind="primary" href={`/batches/${batch.id}?tab=uncertain`}>
            {may.decide ? 'Answer the uncertain actions' : 'See the uncertain actions'}
          </ButtonLink>
        }
      >
        {formatNoun(uncertain, 'requests')} went out and no answer came. {uncertain === 1 ? 'It' : 'Each'} may have happened or
        not. Nothing is sent again. A person says what became of {uncertain === 1 ? 'it' : 'them'}.
      </Banner>
    );
  }
  if (failed > 0 && chunk.state === 'done') {
    return (
      <Banner
        kind="warning"
        actions={retry && may.retry ? <StepButton step={retry}>Retry the {formatCount(failed)} that failed</StepButton> : null}
      >
        {formatNoun(failed, 'actions')} failed: the target refused {failed === 1 ? 'it' : 'them'}. This chunk has nothing else to
        send.
        <Refusal step={retry} />
      </Banner>
    );
  }
  if (view.two?.first) {
    const { first, notYou } = view.two;
    return (
      <Banner>
        <span className="font-medium">
          Signed first by {first.by}, <Instant iso={first.at} />, after looking at {formatNoun(first.seenCount, 'items')}.
        </span>{' '}
        {first.marksSince > 0 ? `${formatNoun(first.marksSince, 'marks')} came since. ` : 'Nothing changed since. '}
        Nothing runs before a second person signs too. The chunk can’t be changed meanwhile.
        {notYou ? ` ${notYouWords(notYou)}` : ''}
      </Banner>
    );
  }
  if (view.two?.refused) {
    return (
      <Banner kind="warning">
        <span className="font-medium">
          {view.two.refused.by} did not sign{chunk.note ? `: ${chunk.note}` : '.'}
        </span>{' '}
        The first signature is void. Two people sign again.
      </Banner>
    );
  }
  if (chunk.waitsFor && GOES_ON.includes(chunk.waitsFor.for)) {
    return (
      <Banner>
        This chunk is <Zoned text={waitWords(chunk.waitsFor, new Date().toISOString())} />. It continues by itself.
      </Banner>
    );
  }
  if (chunk.reviewed && chunk.state === 'awaiting_review') {
    return (
      <Banner>
        You let the next chunk continue. This chunk still waits for its decision, and the batch can’t finish without it.
      </Banner>
    );
  }
  return null;
}

function StepButton({ step, children }: { step: Step; children: ReactNode }) {
  return (
    <Button kind="primary" onClick={step.run} pending={step.pending}>
      {children}
    </Button>
  );
}

function Refusal({ step }: { step: Step | null }) {
  return step?.error ? (
    <span role="alert" className="block text-red">
      {step.error}
    </span>
  ) : null;
}

/** Why sending stopped, and that it is safe to leave it so. */
function HaltedPanel({ view, resume, acceptRest, onUpdateConnection }: PanelProps) {
  const { chunk, batch, haltedAt, may } = view;
  const uncertain = chunk.counts.uncertain;
  return (
    <Banner
      kind="danger"
      actions={
        <>
          {onUpdateConnection ? <Button onClick={onUpdateConnection}>Update connection</Button> : null}
          {resume && may.resume ? <StepButton step={resume}>Resume</StepButton> : null}
          <LeaveRest view={view} acceptRest={acceptRest} />
        </>
      }
    >
      <span className="font-medium">
        Stopped
        {haltedAt ? (
          <>
            {' '}
            at <Instant iso={haltedAt} />
          </>
        ) : null}
        {chunk.haltReason ? `: ${sentence(reasonWords(chunk.haltReason))}` : '.'}
      </span>{' '}
      Nothing is being sent. Nothing is sent until somebody resumes.
      {uncertain > 0 ? ` Resuming never repeats the ${formatNoun(uncertain, `uncertain ${batch.noun}`)}.` : ''}
      {may.resume ? '' : ' An operator or an admin can resume it.'}
      <Refusal step={resume} />
    </Banner>
  );
}

/** Asks in numbers whether a halted chunk may be left as it is; nothing where there is no such question. */
function LeaveRest({ view: { chunk, may }, acceptRest }: { view: CheckpointView; acceptRest: Step | null }) {
  const [open, setOpen] = useState(false);
  if (acceptRest === null || !may.acceptRest || chunk.state !== 'halted' || chunk.counts.approved === 0) return null;
  const words = leaveWords(chunk.counts);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Leave the rest…</Button>
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={words.title}
        description={words.text}
        confirm={words.confirm}
        cancel="Keep it halted"
        kind="danger"
        pending={acceptRest.pending}
        error={acceptRest.error}
        onConfirm={acceptRest.run}
      />
    </>
  );
}

/** A reason inside a sentence: it ends with a full stop. */
function sentence(reason: string): string {
  return /[.!?]$/.test(reason) ? reason : `${reason}.`;
}

/** Somebody changed something under this screen: nothing was approved, and this is what they did. */
export function StaleBanner({
  message,
  changes,
  onReload,
}: {
  message: string;
  changes: ChangeMeanwhile[];
  onReload: () => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <div className="flex flex-col gap-2">
      <Banner
        kind="warning"
        actions={
          <>
            {changes.length > 0 ? (
              <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
                {open ? 'Hide changes' : 'Show changes'}
              </Button>
            ) : null}
            <Button size="small" kind="primary" onClick={onReload}>
              Reload and continue
            </Button>
          </>
        }
      >
        {message}
      </Banner>
      {open ? (
        <ul className="rounded-md border border-hairline py-1">
          {changes.map((change) => (
            <li key={`${change.ordinal}.${change.at}`} className="px-3 py-1">
              Item {formatCount(change.ordinal)}: {change.from} → <span className="font-medium">{change.to}</span>{' '}
              <span className="text-muted">
                by {change.name}, <Instant iso={change.at} />
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
