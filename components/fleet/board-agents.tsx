'use client';

import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Instant, RelativeTime } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { BoardAgent } from '#lib/shapes/board.ts';

/** Which agent has which chunk or errand, since when, for how long it has been silent, and until when it may be. */
export function BoardAgents({ agents }: { agents: BoardAgent[] }) {
  return (
    <Table
      caption="Agents"
      className="max-h-[60dvh]"
      head={
        <>
          <HeadCell>Agent</HeadCell>
          <HeadCell className="max-sm:hidden">Key</HeadCell>
          <HeadCell>Has</HeadCell>
          <HeadCell className="max-sm:hidden">Since</HeadCell>
          <HeadCell>Last heard</HeadCell>
          <HeadCell className="max-sm:hidden">If it says nothing more</HeadCell>
        </>
      }
    >
      {agents.map(({ name, key, batch, batchName, number, item, since, lastCall, until }) => (
        <Row key={`${batch} ${number} ${item}`}>
          <Cell className="font-medium">{name}</Cell>
          <Cell className="text-muted max-sm:hidden">{key ?? 'removed'}</Cell>
          <Cell>
            <Link href={`/batches/${batch}`} className="underline-offset-2 hover:underline">
              {batchName}, chunk {number}
              {item === null ? null : `, errand of item ${formatCount(item)}`}
            </Link>
          </Cell>
          <Cell className="whitespace-nowrap text-muted max-sm:hidden">
            <Instant iso={since} />
          </Cell>
          <Cell className="whitespace-nowrap text-muted">
            <RelativeTime iso={lastCall} />
          </Cell>
          <Cell className="text-muted max-sm:hidden">
            <Instant iso={until} />: {item === null ? 'another may claim the chunk' : 'a person is asked what became of it'}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
