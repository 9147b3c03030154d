import { classes } from '#components/ui/classes.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { beginOf } from '#lib/core/values/legible.ts';
import { meaningOf } from '#lib/core/values/meaning.ts';
import { valueReader } from '#lib/core/values/read-value.ts';
import type { ReadingPreview } from '#lib/shapes/readings.ts';
import { differingCells } from './differing-cells.ts';
import { meaningBeside, meantWords } from './meant-words.ts';

type Props = { preview: ReadingPreview; noun: string };

/** What a change of a reading would change: how many rows, what their values would mean, and the first of them side by side. */
export function ReadingDiff({ preview, noun }: Props) {
  const { before, after, fields, whole } = preview;
  const changed = fields.filter((field) => field.changed > 0);
  const differing = differingCells(before, after);
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <dl className="grid w-fit grid-cols-[auto_auto_auto_auto] items-baseline gap-x-3 gap-y-1">
        <Counts label={capital(noun)} before={before.items} after={after.items} />
        <Counts label="Unreadable" before={before.unreadable} after={after.unreadable} loss />
      </dl>
      {whole ? null : <p className="text-muted">Counted in the beginning of the file; all of it is read when you use it.</p>}
      {changed.length > 0 ? (
        <ul className="flex flex-col gap-2">
          {changed.map(({ name, values, changed: count, examples }) => (
            <li key={name} className="flex flex-col gap-0.5">
              <span>
                <b className="font-medium">{name}</b>: {formatNoun(count, 'values')} of {formatCount(values)} would mean something
                else
              </span>
              <Examples name={name} values={[...new Set(examples.map(({ value }) => value))]} preview={preview} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-muted">No value of a field that both readings have would mean something else.</p>
      )}
      <div className="grid min-w-0 gap-4 xl:grid-cols-2">
        <Side title="As it is read now" side={before} differing={differing} />
        <Side title="As it would be read" side={after} differing={differing} />
      </div>
    </div>
  );
}

/** Values with what they mean now, and what they would mean. */
function Examples({ name, values, preview: { before, after } }: { name: string; values: string[]; preview: ReadingPreview }) {
  const [was, will] = [before, after].map(({ fields }) => {
    const field = fields.find((one) => one.name === name);
    return field ? valueReader(meaningOf(field)) : () => null;
  });
  return (
    <span className="flex flex-wrap gap-x-6 gap-y-0.5 text-12">
      {values.map((value) => {
        const [old, next] = [was, will].map((read) => meantWords(read?.(value) ?? null));
        return (
          <span key={value}>
            <span className="font-mono">{value}</span> <span className="text-muted">{old ?? 'can’t be read'} →</span>{' '}
            <span className={next ? 'font-medium' : 'text-amber'}>{next ?? 'can’t be read'}</span>
          </span>
        );
      })}
    </span>
  );
}

function Counts({ label, before, after, loss = false }: { label: string; before: number; after: number; loss?: boolean }) {
  const worse = loss ? after > before : after < before;
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd className="text-right">{formatCount(before)}</dd>
      <dd aria-hidden="true">→</dd>
      <dd className={classes('font-medium', before !== after && worse && 'text-amber')}>
        <span className="sr-only">would be </span>
        {formatCount(after)}
      </dd>
    </>
  );
}

function Side({ title, side, differing }: { title: string; side: ReadingPreview['before']; differing: ReadonlySet<string> }) {
  const differs = (name: string) => side.rows.some(({ line }) => differing.has(`${line}\n${name}`));
  const fields = side.fields
    .map((field) => ({ ...field, beside: meaningBeside(meaningOf(field)), differs: differs(field.name) }))
    // What differs is seen first; the others stay in the order of the file.
    .sort((one, other) => Number(other.differs) - Number(one.differs));
  return (
    <section className="flex min-w-0 flex-col gap-1">
      <h3 className="text-12 font-medium">{title}</h3>
      <Table
        caption={title}
        className="max-h-[50dvh]"
        head={
          <>
            <HeadCell align="end">Line</HeadCell>
            {fields.map(({ name, label }) => (
              <HeadCell key={name}>{label}</HeadCell>
            ))}
          </>
        }
      >
        {side.rows.map((row) => (
          <Row key={row.line}>
            <Cell align="end" className="text-muted">
              {formatCount(row.line)}
            </Cell>
            {fields.map(({ name, beside }) => {
              const text = Object.hasOwn(row.fields, name) ? (row.fields[name] ?? '') : '';
              const meaning = beside(text);
              const differs = differing.has(`${row.line}\n${name}`);
              return (
                <Cell key={name} className={classes('max-w-72 truncate', differs && 'bg-selected')}>
                  {differs ? (
                    <mark className="bg-transparent font-medium text-text">{beginOf(text, SHOWN)}</mark>
                  ) : (
                    beginOf(text, SHOWN)
                  )}
                  {meaning !== null && differs ? <span className="text-muted"> {meaning}</span> : null}
                </Cell>
              );
            })}
          </Row>
        ))}
      </Table>
      {side.rows.length === 0 ? <p className="text-muted">No row could be read.</p> : null}
    </section>
  );
}

function capital(noun: string): string {
  return noun.charAt(0).toUpperCase() + noun.slice(1);
}

/** A cell can hold a megabyte; a line shows its beginning. */
const SHOWN = 200;
