import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { SecurityEventView } from '#lib/shapes/security.ts';
import { kindWords } from './security-address.ts';

/** The events of the security log: when, who, what, about whom or what, and what else is known. */
export function SecurityList({ events }: { events: SecurityEventView[] }) {
  return (
    <Table
      caption="Security log"
      head={
        <>
          <HeadCell>When</HeadCell>
          <HeadCell>Who</HeadCell>
          <HeadCell>What</HeadCell>
          <HeadCell>About</HeadCell>
          <HeadCell>Details</HeadCell>
        </>
      }
    >
      {events.map(({ id, at, kind, says, by, about, facts, names }) => (
        <Row key={id}>
          <Cell className="whitespace-nowrap text-muted">
            <Instant iso={at} />
          </Cell>
          <Cell className="font-medium">{by.name}</Cell>
          <Cell>
            <span title={kindWords(kind)}>{says}</span>
          </Cell>
          <Cell>{about ? <About {...about} /> : null}</Cell>
          <Cell className="text-muted">{factWords(facts, names)}</Cell>
        </Row>
      ))}
    </Table>
  );
}

function About({ id, name }: { id: string; name: string }) {
  const [kind = '', own = ''] = id.split(':');
  if (kind !== 'batch' && kind !== 'dataset') return <>{name}</>;
  return (
    <Link href={`/${kind === 'batch' ? 'batches' : 'datasets'}/${own}`} className="underline underline-offset-2">
      {name === id ? kind : name}
    </Link>
  );
}

/** “network 203.0.113.9, browser Firefox on Linux”; what has its own column is left out. */
function factWords(facts: Record<string, unknown>, names: Record<string, string>): string {
  return Object.entries(facts)
    .filter(([name, value]) => name !== 'name' && value !== null)
    .map(([name, value]) => `${wordsOf(name)} ${typeof value === 'string' ? (names[value] ?? value) : wordOf(value)}`)
    .join(', ');
}

/** `allowPrivateTargets` is “allow private targets”. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}

function wordOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.join(' ') : String(value);
}
