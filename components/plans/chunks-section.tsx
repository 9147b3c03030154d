'use client';

import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { useFieldLabel, useLabelled } from '#components/datasets/field-labels.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Bars } from '#components/ui/bars.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { Menu } from '#components/ui/menu.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { CHUNK_DEFAULT_ITEMS, CHUNK_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { type ChunkEdit, type Chunking, type Plan, timeZoneOf } from '#lib/core/plans/plan.ts';
import { type FieldProfile, problemsAt, type SectionProps } from './plan-preview.ts';
import { ProblemList } from './problem-list.tsx';
import { RowsButton, RowsCount } from './rows-behind.tsx';
import { NumberField, TextField } from './typed-field.tsx';
import { typedName, typedNumber, typedNumberOr, typedTimeZone } from './typed-value.ts';

type Props = SectionProps & { noun: string };

const PERIODS = { day: 'day', week: 'week (ISO)', month: 'month', quarter: 'quarter', year: 'year' } as const;

/** How the batch is cut: the choice, its picture, and the chunks one by one with what can be done to each. */
export function ChunksSection({ plan, fields, preview, problems, noun, onChange }: Props) {
  const { chunking, chunkEdits } = plan;
  const labelled = useLabelled();
  const [renaming, setRenaming] = useState<{ number: number; name: string } | null>(null);
  const [before, setBefore] = useState<Pick<Plan, 'chunking' | 'chunkEdits'> | null>(null);
  // Edits name chunks by number, so another way of cutting starts without them.
  const cut = (next: Chunking) => {
    if (chunkEdits.length > 0) setBefore({ chunking, chunkEdits });
    onChange({ ...plan, chunking: next, chunkEdits: [] });
  };
  const edit = (one: ChunkEdit) => onChange({ ...plan, chunkEdits: [...chunkEdits, one] });
  const chunks = preview?.chunks ?? [];
  const chunkingField = chunking.by === 'size' ? [] : [chunking.field];

  return (
    <div className="flex flex-col gap-4" data-at="chunking">
      <ChunkingFields chunking={chunking} timeZone={timeZoneOf(plan)} fields={fields} onChange={cut} />
      <ProblemList problems={[...problemsAt(problems, 'chunking'), ...problemsAt(problems, 'chunkEdits')]} />
      {before && chunkEdits.length === 0 ? (
        <Banner
          actions={
            <Button
              size="small"
              onClick={() => {
                onChange({ ...plan, ...before });
                setBefore(null);
              }}
            >
              Back to the earlier chunks
            </Button>
          }
        >
          {formatNoun(before.chunkEdits.length, 'changes')} by hand belonged to the earlier chunks.
        </Banner>
      ) : null}
      {preview?.warnings.map(({ message, of }) => (
        <Banner
          key={message}
          kind="warning"
          actions={
            of ? (
              <RowsButton of={of} title={labelled(message)} fields={chunkingField}>
                Show these rows
              </RowsButton>
            ) : null
          }
        >
          {labelled(message)}
        </Banner>
      ))}
      {preview && preview.coarser.length > 0 ? (
        <Banner
          actions={preview.coarser.map((offer) => (
            <Button key={offer.label} size="small" onClick={() => cut(offer.chunking)}>
              {labelled(offer.label)}: {formatNoun(offer.decisions, 'decisions')}
            </Button>
          ))}
        >
          {formatNoun(preview.decisions, 'decisions')} are many for one person.
        </Banner>
      ) : null}
      {chunks.length > 0 ? (
        <>
          <Bars values={chunks.map(({ itemCount }) => itemCount)} label={`${noun} per chunk; the table below has the numbers`} />
          <Table
            caption="Chunks as planned"
            className="max-h-80"
            head={
              <>
                <HeadCell align="end">No.</HeadCell>
                <HeadCell>Chunk</HeadCell>
                <HeadCell align="end">{noun}</HeadCell>
                <HeadCell>
                  <span className="sr-only">Change</span>
                </HeadCell>
              </>
            }
          >
            {chunks.map((chunk, index) => (
              <Row key={chunk.number}>
                <Cell align="end" className="text-muted">
                  {chunk.number}
                </Cell>
                <Cell className="w-full">{chunk.name}</Cell>
                <Cell align="end">
                  <RowsCount
                    of={{ chunk: chunk.number }}
                    count={chunk.itemCount}
                    what={`of ${chunk.name}`}
                    fields={chunkingField}
                  />
                </Cell>
                <Cell className="py-0">
                  <Menu
                    trigger={
                      <Button
                        kind="ghost"
                        size="small"
                        aria-label={`Change ${chunk.name}`}
                        icon={<Ellipsis size={14} aria-hidden="true" />}
                      />
                    }
                    items={[
                      { id: 'rename', label: 'Rename…', onSelect: () => setRenaming(chunk) },
                      {
                        id: 'merge',
                        label: 'Merge with the next',
                        disabled: index === chunks.length - 1,
                        onSelect: () => edit({ merge: [chunk.number, chunk.number + 1] }),
                      },
                      {
                        id: 'up',
                        label: 'Move up',
                        disabled: index === 0,
                        onSelect: () => edit({ move: chunk.number, to: chunk.number - 1 }),
                      },
                      {
                        id: 'down',
                        label: 'Move down',
                        disabled: index === chunks.length - 1,
                        onSelect: () => edit({ move: chunk.number, to: chunk.number + 1 }),
                      },
                      {
                        id: 'exclude',
                        label: 'Leave out',
                        disabled: chunks.length === 1,
                        onSelect: () => edit({ exclude: chunk.number }),
                      },
                    ]}
                  />
                </Cell>
              </Row>
            ))}
          </Table>
        </>
      ) : null}
      {chunkEdits.length > 0 ? (
        <p className="flex flex-wrap items-center gap-2 text-muted">
          {formatNoun(chunkEdits.length, 'changes')} by hand.
          <Button size="small" onClick={() => onChange({ ...plan, chunkEdits: chunkEdits.slice(0, -1) })}>
            Undo the last change
          </Button>
          <Button size="small" kind="ghost" onClick={() => onChange({ ...plan, chunkEdits: [] })}>
            All
          </Button>
        </p>
      ) : null}
      {renaming ? (
        <RenameDialog
          key={renaming.number}
          name={renaming.name}
          onClose={() => setRenaming(null)}
          onRename={(to) => {
            edit({ rename: renaming.number, to });
            setRenaming(null);
          }}
        />
      ) : null}
    </div>
  );
}

function ChunkingFields({
  chunking,
  timeZone,
  fields,
  onChange,
}: {
  chunking: Chunking;
  /** of the plan: days are the same in its chunks and in its rules */
  timeZone: string;
  fields: FieldProfile[];
  onChange: (chunking: Chunking) => void;
}) {
  const label = useFieldLabel();
  const field = 'field' in chunking ? chunking.field : '';
  const dates = fields.filter(({ type }) => type.startsWith('date'));
  /** the other ways of cutting as they were left */
  const [left, setLeft] = useState<Partial<Record<string, Chunking>>>({});
  const choose = (by: string) => {
    setLeft({ ...left, [chunking.by]: chunking });
    const before = left[by];
    if (before) return onChange(before);
    const sizes = { minItems: null, maxItems: null };
    if (by === 'time')
      onChange({ by: 'time', field: dates[0]?.name ?? fields[0]?.name ?? '', every: 'month', timeZone, ...sizes });
    else if (by === 'category') onChange({ by: 'category', field: fields[0]?.name ?? '', of: 'value', ...sizes });
    else onChange({ by: 'size', minItems: null, maxItems: CHUNK_DEFAULT_ITEMS });
  };
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
      <Field label="Chunks by">
        <Select value={chunking.by} onChange={(event) => choose(event.target.value)}>
          <option value="time">time</option>
          <option value="category">a field's value</option>
          <option value="size">size</option>
        </Select>
      </Field>
      {chunking.by === 'time' || chunking.by === 'category' ? (
        <Field label="Field">
          <Select value={field} onChange={(event) => onChange({ ...chunking, field: event.target.value })}>
            {(chunking.by === 'time' && dates.length > 0 ? dates : fields).map(({ name }) => (
              <option key={name} value={name}>
                {label(name)}
              </option>
            ))}
            {fields.some(({ name }) => name === field) ? null : <option>{field}</option>}
          </Select>
        </Field>
      ) : null}
      {chunking.by === 'time' ? (
        <>
          <Field label="Every">
            <Select
              value={chunking.every}
              onChange={(event) => onChange({ ...chunking, every: event.target.value as typeof chunking.every })}
            >
              {Object.entries(PERIODS).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </Select>
          </Field>
          <TextField
            label="Time zone"
            path="chunking.timeZone"
            value={chunking.timeZone}
            write={String}
            read={typedTimeZone}
            onChange={(zone) => onChange({ ...chunking, timeZone: zone })}
          />
        </>
      ) : null}
      {chunking.by === 'category' ? (
        <Field label="Of">
          <Select
            value={chunking.of}
            onChange={(event) => onChange({ ...chunking, of: event.target.value === 'domain' ? 'domain' : 'value' })}
          >
            <option value="value">the value</option>
            <option value="domain">its mail domain</option>
          </Select>
        </Field>
      ) : null}
      <NumberField
        label="Merge below"
        path="chunking.minItems"
        placeholder="never"
        value={chunking.minItems}
        read={(text) => typedNumberOr(text, null, { min: 1 })}
        onChange={(minItems) => onChange({ ...chunking, minItems })}
      />
      {chunking.by === 'size' ? (
        <NumberField
          label="Split above"
          path="chunking.maxItems"
          value={chunking.maxItems}
          read={(text) => typedNumber(text, { min: 1 })}
          onChange={(maxItems) => onChange({ ...chunking, maxItems })}
        />
      ) : (
        <NumberField
          label="Split above"
          path="chunking.maxItems"
          placeholder="never"
          value={chunking.maxItems}
          read={(text) => typedNumberOr(text, null, { min: 1 })}
          onChange={(maxItems) => onChange({ ...chunking, maxItems })}
        />
      )}
    </div>
  );
}

function RenameDialog({ name, onClose, onRename }: { name: string; onClose: () => void; onRename: (name: string) => void }) {
  const [text, setText] = useState(name);
  const typed = typedName(text, CHUNK_NAME_CHARS_MAX);
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Rename ${name}`}
      footer={
        <>
          <Button
            kind="primary"
            disabled={'fault' in typed}
            onClick={() => {
              if ('value' in typed) onRename(typed.value);
            }}
          >
            Rename
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </>
      }
    >
      <Field label="Name" error={'fault' in typed ? typed.fault : null}>
        <Input value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
    </Dialog>
  );
}
