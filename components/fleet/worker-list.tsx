import Link from 'next/link';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatDuration } from '#components/ui/format.ts';
import { StateBadge, type StateLook } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { WorkerRow } from '#lib/shapes/fleet.ts';

const LOOKS: Record<WorkerRow['state'], StateLook> = {
  idle: { tone: 'neutral', glyph: '○', word: 'Idle' },
  busy: { tone: 'violet', glyph: '▶', word: 'Busy' },
  draining: { tone: 'neutral', glyph: '‖', word: 'Draining' },
  gone: { tone: 'red', glyph: '✕', word: 'Gone' },
};

/** Who is working, on which machine, on what, and when they were last heard from. */
export function WorkerList({ workers }: { workers: WorkerRow[] }) {
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
      head={
        <>
          <HeadCell>Host</HeadCell>
          <HeadCell align="end">Process</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Chunk</HeadCell>
          <HeadCell align="end">Last heard</HeadCell>
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
          <Cell>
            {worker.chunk ? (
              <Link
                href={`/batches/${worker.chunk.batchId}/chunks/${worker.chunk.number}`}
                className="underline-offset-2 hover:underline"
              >
                {worker.chunk.batchName}, chunk {worker.chunk.number}
              </Link>
            ) : (
              <span className="text-muted">none</span>
            )}
          </Cell>
          <Cell align="end" className="text-muted">
            {formatDuration(worker.heartbeatAgeMs / 1000)} ago
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
