import { formatCount, formatDuration } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Instant, Zoned } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { type Wait, waitWords } from '#lib/core/chunks/waits-for.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';
import { chunkLook } from './state.ts';

/** The badge already says this. */
const TOLD_BY_STATE: readonly Wait[] = ['person', 'paused'];

/** The chunks of a batch as rows, with how far each came. What went wrong has columns only where something did. */
export function ChunkTable({ batchId, chunks, noun }: { batchId: string; chunks: ChunkRow[]; noun: string }) {
  const failures = chunks.some(({ counts }) => counts.failed > 0);
  const uncertain = chunks.some(({ counts }) => counts.uncertain > 0);
  return (
    <Table
      caption="Chunks"
      className="max-h-[70dvh]"
      head={
        <>
          <HeadCell align="end">No.</HeadCell>
          <HeadCell>Chunk</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell align="end">{noun}</HeadCell>
          <HeadCell align="end">approved</HeadCell>
          <HeadCell align="end">done</HeadCell>
          {failures ? <HeadCell align="end">failed</HeadCell> : null}
          {uncertain ? <HeadCell align="end">uncertain</HeadCell> : null}
        </>
      }
    >
      {chunks.map((chunk) => (
        <Row key={chunk.number}>
          <Cell align="end" className="text-muted">
            {chunk.number}
          </Cell>
          <Cell>
            <Link
              href={`/batches/${batchId}/chunks/${chunk.number}`}
              className="font-medium underline-offset-2 hover:underline sm:whitespace-nowrap"
            >
              {chunk.name}
            </Link>
          </Cell>
          <Cell>
            <StateBadge {...chunkLook(chunk)} />
            {chunk.waitsFor && !TOLD_BY_STATE.includes(chunk.waitsFor.for) ? (
              <span className="block text-12 text-muted">
                <Zoned text={waitWords(chunk.waitsFor, new Date().toISOString())} />
              </span>
            ) : null}
            {chunk.haltReason ? <span className="block text-12 text-muted">{reasonWords(chunk.haltReason)}</span> : null}
            {chunk.agent ? (
              <span
                className="block text-12 text-muted"
                title={chunk.agent.key ? `with the key “${chunk.agent.key}”` : undefined}
              >
                agent {chunk.agent.name} since <Instant iso={chunk.agent.since} />
              </span>
            ) : null}
            {chunk.worker ? (
              <span className="block font-mono text-12 text-muted" title="the worker that has it: host and pid">
                {chunk.worker.host}:{chunk.worker.pid}
                {chunk.worker.silentMs === null ? null : (
                  <span className="text-amber"> silent for {formatDuration(chunk.worker.silentMs / 1000)}</span>
                )}
              </span>
            ) : null}
          </Cell>
          <Cell align="end" className="whitespace-nowrap">
            {chunk.classified > 0 && chunk.classified < chunk.itemCount ? `${formatCount(chunk.classified)} of ` : ''}
            {formatCount(chunk.itemCount)}
          </Cell>
          <CountCell count={chunk.counts.approved} />
          <CountCell count={chunk.counts.done} quiet={chunk.counts.approved === 0} />
          {failures ? <CountCell count={chunk.counts.failed} loud="text-red" /> : null}
          {uncertain ? <CountCell count={chunk.counts.uncertain} loud="text-magenta" /> : null}
        </Row>
      ))}
    </Table>
  );
}

/** A zero is quiet: screen readers always get it, and it is visible only where something was to be done. */
function CountCell({ count, loud, quiet = true }: { count: number; loud?: string; quiet?: boolean }) {
  if (count > 0) {
    return (
      <Cell align="end" className={loud ? `font-medium ${loud}` : ''}>
        {formatCount(count)}
      </Cell>
    );
  }
  return (
    <Cell align="end" className="text-muted">
      {quiet ? <span className="sr-only">0</span> : '0'}
    </Cell>
  );
}
