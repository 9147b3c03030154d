'use client';

import { GripVertical, X } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, useId, useState } from 'react';
import { useFieldLabel } from '#components/datasets/field-labels.tsx';
import { classes } from '#components/ui/classes.ts';
import { Input, Select, Textarea } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import type { Rule } from '#lib/classifiers/rules/part.ts';
import type { FieldProfile, PlanProblem } from './plan-preview.ts';
import { celToRow, OPERATORS, type Operator, type RuleRow, rowToCel, takesValue, takesWords } from './rule-row.ts';

type Props = {
  number: number;
  rule: Rule;
  fields: FieldProfile[];
  categories: string[];
  count: number | null;
  problems: PlanProblem[];
  asCel: boolean;
  onChange: (rule: Rule) => void;
  onRemove: () => void;
  /** -1 up, 1 down */
  onMove: (step: number) => void;
  onDrag: { start: () => void; over: () => void; drop: () => void };
};

/** One rule: as field, operator and value where it can be said so, else (or when asked) as CEL. */
export function RuleLine({
  number,
  rule,
  fields,
  categories,
  count,
  problems,
  asCel,
  onChange,
  onRemove,
  onMove,
  onDrag,
}: Props) {
  // What is being typed keeps its shape while it says the same: an "is" with nothing typed yet is not turned into "is empty".
  const [draft, setDraft] = useState<RuleRow | null>(null);
  const [grabbed, setGrabbed] = useState(false);
  const row = draft !== null && rowToCel(draft) === rule.when ? draft : celToRow(rule.when ?? '');
  const name = `Rule ${number}`;

  const change = (next: RuleRow) => {
    setDraft(next);
    const sameQuestion = row !== null && next.field === row.field && next.operator === row.operator;
    onChange({ ...rule, when: rowToCel(next), why: sameQuestion ? rule.why : '' });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    onMove(event.key === 'ArrowUp' ? -1 : 1);
  };

  return (
    <li
      aria-label={name}
      data-at={`classifier.rules.${number - 1}`}
      draggable={grabbed}
      onDragStart={(event: DragEvent) => {
        event.dataTransfer.effectAllowed = 'move';
        onDrag.start();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        onDrag.over();
      }}
      onDrop={(event) => {
        event.preventDefault();
        onDrag.drop();
      }}
      onDragEnd={() => setGrabbed(false)}
      className={classes('rounded-md py-1', grabbed && 'opacity-60')}
    >
      <div className="grid grid-cols-[auto_1fr_auto] items-start gap-x-2 gap-y-1 lg:grid-cols-[auto_1fr_auto_10rem_5rem_auto]">
        <button
          type="button"
          aria-label={`${name}: move with the arrow keys, or drag`}
          onPointerDown={() => setGrabbed(true)}
          onPointerUp={() => setGrabbed(false)}
          onKeyDown={onKey}
          className="row-item flex cursor-grab items-center gap-1 rounded-md px-1 text-12 text-muted hover:bg-sunken"
        >
          <GripVertical size={14} aria-hidden="true" />
          <span className="w-5 text-right">{number}</span>
        </button>
        {row !== null && !asCel ? (
          <div className="min-w-0">
            <RowFields name={name} row={row} fields={fields} onChange={change} />
            {rule.why ? <p className="mt-0.5 px-2 text-12 text-muted">{rule.why}</p> : null}
          </div>
        ) : (
          <Textarea
            rows={1}
            aria-label={`${name} as CEL`}
            spellCheck={false}
            value={rule.when}
            aria-invalid={problems.length > 0 || undefined}
            onChange={(event) => onChange({ ...rule, when: event.target.value })}
            className="field-sizing-content max-h-40 resize-none! font-mono text-12"
          />
        )}
        <button
          type="button"
          aria-label={`Remove ${name.toLowerCase()}`}
          onClick={onRemove}
          className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-text lg:order-last pointer-coarse:size-11"
        >
          <X size={14} aria-hidden="true" />
        </button>
        <span className="hidden pt-1.5 text-muted lg:block" aria-hidden="true">
          →
        </span>
        <Select
          aria-label={`${name}: category`}
          value={rule.category}
          onChange={(event) => onChange({ ...rule, category: event.target.value })}
          className="max-lg:col-start-2"
        >
          {categories.includes(rule.category) ? null : <option value={rule.category}>{rule.category} (no such category)</option>}
          {categories.map((category) => (
            <option key={category}>{category}</option>
          ))}
        </Select>
        <span className="pt-1.5 text-right text-muted max-lg:text-12" title="items for which this rule decides">
          {count === null || problems.length > 0 ? '…' : formatCount(count)}
        </span>
      </div>
      {problems.map((problem) => (
        <p key={problem.path + problem.message} role="alert" className="mt-1 pl-10 text-12 text-red">
          {problemWords(name, problem)}
        </p>
      ))}
    </li>
  );
}

/** The rule and the place, once: the compiler's faults say them already. */
function problemWords(name: string, { message, line, column }: PlanProblem): string {
  if (message.startsWith(`${name}, `)) return message;
  const place = [name, line !== undefined && line > 1 ? `line ${line}` : '', column === undefined ? '' : `column ${column}`];
  return `${place.filter(Boolean).join(', ')}: ${message}`;
}

function RowFields({
  name,
  row,
  fields,
  onChange,
}: {
  name: string;
  row: RuleRow;
  fields: FieldProfile[];
  onChange: (row: RuleRow) => void;
}) {
  const listId = useId();
  const label = useFieldLabel();
  const profile = fields.find((field) => field.name === row.field);
  const values = profile?.top ?? [];
  const date = row.operator === 'before' || row.operator === 'after';
  return (
    <div className="grid grid-cols-1 items-start gap-1 sm:grid-cols-[minmax(6rem,9rem)_minmax(7rem,10rem)_minmax(8rem,1fr)]">
      <Select
        aria-label={`${name}: field`}
        value={row.field}
        onChange={(event) => onChange({ ...row, field: event.target.value })}
      >
        {fields.some((field) => field.name === row.field) ? null : <option value={row.field}>{row.field} (no such field)</option>}
        {fields.map((field) => (
          <option key={field.name} value={field.name}>
            {label(field.name)}
          </option>
        ))}
      </Select>
      <Select
        aria-label={`${name}: operator`}
        value={row.operator}
        onChange={(event) => {
          const operator = event.target.value as Operator;
          onChange({ ...row, operator });
        }}
      >
        <optgroup label="Any of several words, in any case">
          <OperatorOptions words />
        </optgroup>
        <optgroup label="Exactly as written">
          <OperatorOptions words={false} />
        </optgroup>
      </Select>
      {takesWords(row.operator) ? (
        <Textarea
          rows={1}
          aria-label={`${name}: value`}
          value={row.value}
          placeholder="words, separated by commas"
          spellCheck={false}
          onChange={(event) => onChange({ ...row, value: event.target.value })}
          className="field-sizing-content max-h-28 resize-none!"
        />
      ) : takesValue(row.operator) ? (
        <>
          <Input
            aria-label={`${name}: value`}
            value={row.value}
            list={date ? undefined : listId}
            placeholder={date ? (profile?.iso ?? 'YYYY-MM-DD') : ''}
            spellCheck={false}
            onChange={(event) => onChange({ ...row, value: event.target.value })}
          />
          <datalist id={listId}>
            {values.map(({ value, count }) => (
              <option key={value} value={value}>
                {formatCount(count)}
              </option>
            ))}
          </datalist>
        </>
      ) : null}
    </div>
  );
}

function OperatorOptions({ words }: { words: boolean }) {
  return (Object.keys(OPERATORS) as Operator[])
    .filter((operator) => takesWords(operator) === words)
    .map((operator) => (
      <option key={operator} value={operator}>
        {OPERATORS[operator]}
      </option>
    ));
}
