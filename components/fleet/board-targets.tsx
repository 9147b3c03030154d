'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import { formatCount, formatNoun, formatShare } from '#components/ui/format.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { writing } from '#components/ui/writing.ts';
import type { BoardTarget } from '#lib/shapes/board.ts';
import type { TargetIncident } from '#lib/shapes/fleet.ts';

type Props = {
  targets: BoardTarget[];
  /** null for whoever can't */
  onPause: ((target: string, why: string) => Promise<Outcome>) | null;
  onResume: ((incidentId: string) => Promise<Outcome>) | null;
};

/** Whom requests go to: how they answered within the last minutes, and whether anything is sent to them. */
export function BoardTargets({ targets, onPause, onResume }: Props) {
  if (targets.length === 0) return <p className="text-muted">Nothing was sent to any target within the last ten minutes.</p>;
  return (
    <Table
      caption="Targets"
      className="max-h-[60dvh]"
      head={
        <>
          <HeadCell>Target</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell align="end" className="max-sm:hidden">
            Requests
          </HeadCell>
          <HeadCell align="end">Errors</HeadCell>
          <HeadCell align="end" className="max-sm:hidden">
            Median
          </HeadCell>
          <HeadCell align="end">95 % within</HeadCell>
          <HeadCell>
            <span className="sr-only">What can be done</span>
          </HeadCell>
        </>
      }
    >
      {targets.map(({ target, requests, failed, p50Ms, p95Ms, breaker }) => (
        <Row key={target}>
          <Cell className="min-w-32 break-all sm:min-w-48">{target === '' ? 'all other targets' : target}</Cell>
          <Cell className="sm:min-w-48">
            <Sending breaker={breaker} />
          </Cell>
          <Cell align="end" className="max-sm:hidden">
            {formatCount(requests)}
          </Cell>
          <Cell align="end" className={failed > 0 ? 'whitespace-nowrap text-red' : 'whitespace-nowrap text-muted'}>
            {requests === 0 ? '–' : formatShare(failed / requests)}
          </Cell>
          <Cell align="end" className="whitespace-nowrap max-sm:hidden">
            {msWords(p50Ms)}
          </Cell>
          <Cell align="end" className="whitespace-nowrap">
            {msWords(p95Ms)}
          </Cell>
          <Cell align="end">
            {breaker ? (
              onResume && !breaker.probing ? (
                <Resume target={target} incidentId={breaker.id} onResume={onResume} />
              ) : null
            ) : onPause && target !== '' ? (
              <Pause target={target} onPause={(why) => onPause(target, why)} />
            ) : null}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function Sending({ breaker }: { breaker: TargetIncident | null }) {
  if (breaker === null) return <StateBadge tone="green" glyph="✔" word="Receives requests" />;
  const { probing, paused, chunks, since } = breaker;
  return (
    <>
      <StateBadge
        {...(probing
          ? ({ tone: 'amber', glyph: '◔', word: 'One chunk tries it' } as const)
          : paused
            ? ({ tone: 'neutral', glyph: '‖', word: 'Paused' } as const)
            : ({ tone: 'red', glyph: '!', word: 'Stopped' } as const))}
      />
      <span className="block text-12 text-muted">
        <RelativeTime iso={since} /> ·{' '}
        {chunks === 0 ? 'no chunk waits for it' : `${formatNoun(chunks, 'chunks')} ${chunks === 1 ? 'waits' : 'wait'}`}
      </span>
    </>
  );
}

function msWords(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function Resume({
  target,
  incidentId,
  onResume,
}: {
  target: string;
  incidentId: string;
  onResume: (incidentId: string) => Promise<Outcome>;
}) {
  const resume = useMutation(writing(['incidents', incidentId, 'resume'], () => onResume(incidentId)));
  return (
    <>
      <Button size="small" pending={resume.isPending} onClick={() => resume.mutate()} aria-label={`Resume ${target}`}>
        Resume
      </Button>
      {resume.error ? (
        <span role="alert" className="block text-red">
          {resume.error.message}
        </span>
      ) : null}
    </>
  );
}

function Pause({ target, onPause }: { target: string; onPause: (why: string) => Promise<Outcome> }) {
  const [open, setOpen] = useState(false);
  const [why, setWhy] = useState('');
  const pause = useMutation(writing(['targets', target, 'pause'], onPause));
  const confirm = () =>
    pause.mutate(why, {
      onSuccess: () => {
        setOpen(false);
        setWhy('');
      },
    });
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)} aria-label={`Pause ${target}…`}>
        Pause…
      </Button>
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={`Pause ${target}?`}
        description="No batch sends to it until somebody resumes it. Requests in flight get their outcome. Classifying, reviewing and sending to other targets continue."
        confirm="Pause this target"
        cancel="Keep sending"
        pending={pause.isPending}
        disabled={why.trim() === ''}
        error={pause.error?.message ?? null}
        onConfirm={confirm}
      >
        <Field label="Why? Whoever resumes it reads this.">
          <Input value={why} onChange={(event) => setWhy(event.target.value)} maxLength={500} autoComplete="off" />
        </Field>
      </ConfirmDialog>
    </>
  );
}
