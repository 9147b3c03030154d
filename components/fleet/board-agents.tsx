'use client';

import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { BoardAgent } from '#lib/shapes/board.ts';

/** Which agent has which chunk, since when, and when it was last heard from. A chunk comes back by its lease when its agent says nothing more. */
export function BoardAgents({ agents }: { agents: BoardAgent[] }) {
  return (
    <Table
      caption="Agents"
      className="max-h-[60dvh]"
      head={
        <>
          <HeadCell>Agent</HeadCell>
          <HeadCell className="max-sm:hidden">Key</HeadCell>
          <HeadCell>Chunk</HeadCell>
          <HeadCell className="max-sm:hidden">Since</HeadCell>
          <HeadCell>Last call</HeadCell>
        </>
      }
    >
      {agents.map(({ name, key, batch, batchName, number, since, lastCall }) => (
        <Row key={`${batch} ${number}`}>
          <Cell className="font-medium">{name}</Cell>
          <Cell className="text-muted max-sm:hidden">{key ?? 'removed'}</Cell>
          <Cell>
            <Link href={`/batches/${batch}`} className="underline-offset-2 hover:underline">
              {batchName}, chunk {number}
            </Link>
          </Cell>
          <Cell className="whitespace-nowrap text-muted max-sm:hidden">
            <Instant iso={since} />
          </Cell>
          <Cell className="whitespace-nowrap text-muted">
            <Instant iso={lastCall} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
