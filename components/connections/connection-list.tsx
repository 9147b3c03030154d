import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge, type StateLook } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { Connection } from '#lib/shapes/connections.ts';
import { KINDS } from './connection-draft.ts';

const STATES: Record<Connection['state'], StateLook> = {
  ok: { tone: 'green', glyph: '✔', word: 'sends' },
  open: { tone: 'red', glyph: '!', word: 'stopped' },
  probing: { tone: 'amber', glyph: '!', word: 'being tried' },
};

/** Connections by name. `opens`: whether each leads to its own page. */
export function ConnectionList({ connections, opens }: { connections: readonly Connection[]; opens: boolean }) {
  const head = (
    <>
      <HeadCell>Name</HeadCell>
      <HeadCell>Address</HeadCell>
      <HeadCell>Signs in by</HeadCell>
      <HeadCell>Used by</HeadCell>
      <HeadCell>State</HeadCell>
      <HeadCell>Tested</HeadCell>
    </>
  );
  return (
    <Table caption="Connections" head={head}>
      {connections.map((connection) => (
        <ConnectionLine key={connection.id} {...{ connection, opens }} />
      ))}
    </Table>
  );
}

function ConnectionLine({ connection, opens }: { connection: Connection; opens: boolean }) {
  const { name, address, auth, usableBy, state } = connection;
  return (
    <Row>
      <Cell className="font-medium whitespace-nowrap">
        {opens ? (
          <Link href={`/connections/${name}`} className="text-accent hover:underline">
            {name}
          </Link>
        ) : (
          name
        )}
      </Cell>
      <Cell className="min-w-40 font-mono text-12 wrap-anywhere">{address}</Cell>
      <Cell>{KINDS[auth.kind].words}</Cell>
      <Cell>{usableBy.length > 0 ? 'admins, operators' : 'admins'}</Cell>
      <Cell>
        <StateBadge {...STATES[state]} />
      </Cell>
      <Cell>
        <Tested connection={connection} />
      </Cell>
    </Row>
  );
}

/** What the test button found last. */
export function Tested({ connection: { tested } }: { connection: Pick<Connection, 'tested'> }) {
  if (tested === null) return <span className="text-muted">not since the last change</span>;
  const look: StateLook = tested.ok ? { tone: 'green', glyph: '✔', word: 'works' } : { tone: 'red', glyph: '!', word: 'failed' };
  return (
    <span>
      <StateBadge {...look} /> <RelativeTime iso={tested.at} />
      {tested.ok ? '' : `: ${tested.reason}`}
    </span>
  );
}
