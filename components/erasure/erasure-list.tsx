import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { ErasureRow } from '#lib/shapes/erasure.ts';
import { KIND_WORDS, STATE_WORDS } from './words.ts';

/** Erasures, the newest first: what, who, why, how much. Never the value. */
export function ErasureList({ erasures }: { erasures: ErasureRow[] }) {
  if (erasures.length === 0) return <p className="text-muted">Nothing was erased yet.</p>;
  return (
    <Table
      caption="Erasures"
      head={
        <>
          <HeadCell>When</HeadCell>
          <HeadCell>What</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell align="end">Rows erased</HeadCell>
          <HeadCell>Who</HeadCell>
          <HeadCell>Why</HeadCell>
        </>
      }
    >
      {erasures.map(({ id, kind, about, state, askedAt, askedBy, confirmedBy, reason, erased }) => (
        <Row key={id}>
          <Cell className="whitespace-nowrap text-muted">
            <Instant iso={askedAt} />
          </Cell>
          <Cell className="font-medium">
            <Link href={`/admin/erasure/${id}`} className="underline underline-offset-2">
              {KIND_WORDS[kind]}
              {about ? `: ${about.name}` : ''}
            </Link>
          </Cell>
          <Cell className="whitespace-nowrap">{STATE_WORDS[state]}</Cell>
          <Cell align="end">{formatCount(erased)}</Cell>
          <Cell>{(confirmedBy ?? askedBy).name}</Cell>
          <Cell className="text-muted">{reason ?? '–'}</Cell>
        </Row>
      ))}
    </Table>
  );
}
