'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { chunkLook } from '#components/chunks/state.ts';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatDuration, formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { StateBadge, type StateLook, TONE_TEXT } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { writing } from '#components/ui/writing.ts';
import type { BoardWorker } from '#lib/shapes/board.ts';

const LOOKS: Record<BoardWorker['state'], StateLook> = {
  idle: { tone: 'neutral', glyph: '○', word: 'Idle' },
  busy: { tone: 'violet', glyph: '▶', word: 'Busy' },
  draining: { tone: 'neutral', glyph: '‖', word: 'Draining' },
  gone: { tone: 'red', glyph: '✕', word: 'Gone' },
};

type End = (id: string, wish: 'drain' | 'stop') => Promise<Outcome>;

/** Who is working, on which machine, on what, and when they were last heard from. `onEnd` is null for whoever can't end them. */
export function BoardWorkers({ workers, onEnd }: { workers: BoardWorker[]; onEnd: End | null }) {
  if (workers.length === 0) {
    return (
      <EmptyState
        title="No worker is running"
        text={
          <>
            Start one here or on any machine that reaches the database: <code className="font-mono text-12">npm run worker</code>.
          </>
        }
        level={3}
      />
    );
  }
  return (
    <Table
      caption="Workers"
      className="max-h-[60dvh]"
      head={
        <>
          <HeadCell>Host</HeadCell>
          <HeadCell align="end">Process</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Chunks</HeadCell>
          <HeadCell align="end" className="max-sm:hidden">
            Last heard
          </HeadCell>
          <HeadCell>
            <span className="sr-only">What can be done</span>
          </HeadCell>
        </>
      }
    >
      {workers.map((worker) => (
        <Row key={worker.id}>
          <Cell>{worker.host}</Cell>
          <Cell align="end" className="font-mono text-12">
            {worker.pid}
          </Cell>
          <Cell>
            <StateBadge {...LOOKS[worker.state]} />
          </Cell>
          <Cell className="min-w-28 sm:min-w-56">
            <Chunks chunks={worker.chunks} />
          </Cell>
          <Cell align="end" className="whitespace-nowrap text-muted max-sm:hidden">
            {formatDuration(worker.heartbeatAgeMs / 1000)} ago
          </Cell>
          <Cell align="end" className="whitespace-nowrap">
            {onEnd && worker.state !== 'gone' ? <EndWorker worker={worker} onEnd={onEnd} /> : null}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function Chunks({ chunks }: Pick<BoardWorker, 'chunks'>) {
  if (chunks.length === 0) return <span className="text-muted">none</span>;
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-1">
      {chunks.map(({ batch, batchName, number, state, inFlight }) => {
        const look = chunkLook({ state, waitsFor: null });
        return (
          <li key={`${batch} ${number}`}>
            <Link
              href={`/batches/${batch}/chunks/${number}`}
              title={inFlight > 0 ? `${look.word}, ${formatNoun(inFlight, 'requests')} in flight` : look.word}
              className="inline-flex items-baseline gap-1.5 underline-offset-2 hover:underline"
            >
              <span className={TONE_TEXT[look.tone]}>
                <Glyph name={look.glyph} />
                <span className="sr-only">{look.word}: </span>
              </span>
              {batchName}, chunk {number}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

/** Drain first; stopping is for one that does not come to its end. */
function EndWorker({ worker, onEnd }: { worker: BoardWorker; onEnd: End }) {
  const [open, setOpen] = useState(false);
  const wish = worker.state === 'draining' ? 'stop' : 'drain';
  const end = useMutation(writing(['workers', worker.id, wish], () => onEnd(worker.id, wish)));
  const words = endWords(worker, wish);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)} aria-label={`${words.button} process ${worker.pid}`}>
        {words.button}
      </Button>
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={words.title}
        description={words.text}
        confirm={words.confirm}
        cancel="Keep it"
        kind={wish === 'stop' ? 'danger' : 'primary'}
        pending={end.isPending}
        error={end.error?.message ?? null}
        onConfirm={() => end.mutate(undefined, { onSuccess: () => setOpen(false) })}
      />
    </>
  );
}

function endWords({ host, pid, chunks }: BoardWorker, wish: 'drain' | 'stop') {
  const requests = chunks.reduce((all, { inFlight }) => all + inFlight, 0);
  const out = requests === 0 ? 'and no request is in flight' : `with ${formatNoun(requests, 'requests')} in flight`;
  const has = chunks.length === 0 ? 'It has no chunk.' : `It has ${formatNoun(chunks.length, 'chunks')}, ${out}.`;
  const ends = chunks.length === 0 ? 'and ends' : 'waits for requests in flight, gives its chunks back and ends';
  const then = 'If npm start started it, a new worker takes its place. A worker that was started alone is not replaced.';
  if (wish === 'drain')
    return {
      button: 'Drain…',
      title: `Drain process ${pid} on ${host}?`,
      text: `${has} It begins nothing new${chunks.length === 0 ? ' ' : ', '}${ends}. ${then}`,
      confirm: 'Drain this worker',
    };
  return {
    button: 'Stop…',
    title: `Stop process ${pid} on ${host}?`,
    text: `${has} It waits two seconds more and ends. Requests that are still in flight then become uncertain, or are repeated where the target ignores repeats. ${then}`,
    confirm: 'Stop this worker',
  };
}
