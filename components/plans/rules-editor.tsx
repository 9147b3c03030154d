'use client';

import { Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { FieldValue, useFieldLabel } from '#components/datasets/field-labels.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Field, Select } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import type { Rule, RulesPart } from '#lib/classifiers/rules/part.ts';
import { isTyped, timeZoneOf } from '#lib/core/plans/plan.ts';
import type { WhereCondition } from '#lib/core/values/conditions.ts';
import type { EditorProps } from './classifier-editor.tsx';
import { conditionFor, dayIn, newCondition } from './condition.ts';
import { type FieldProfile, problemsAt } from './plan-preview.ts';
import { RowsCount } from './rows-behind.tsx';
import { RuleLine } from './rule-line.tsx';
import { useRowKeys } from './use-row-keys.ts';

/** The rules, first match decides; what no rule matches goes to `otherwise`. Rows ask for fields by what their values mean, which a plan of version 2 has. */
export function RulesEditor({
  part,
  plan,
  onTyped,
  dataset,
  categories,
  fields,
  preview,
  problems,
  onChange,
}: EditorProps<RulesPart>) {
  const { rules, otherwise } = part;
  const rows = useRowKeys(rules.length);
  const dragged = useRef<number | null>(null);
  const over = useRef<number | null>(null);
  const typed = isTyped(plan);
  const timeZone = timeZoneOf(plan);
  const today = () => dayIn(timeZone, Date.now());

  const set = (next: Rule[]) => onChange({ ...part, rules: next });
  const move = (from: number, to: number) => {
    if (to < 0 || to >= rules.length || from === to) return;
    const next = [...rules];
    const [rule] = next.splice(from, 1);
    if (!rule) return;
    next.splice(to, 0, rule);
    rows.move(from, to);
    set(next);
  };
  const add = (asks: Pick<Rule, 'when' | 'where'>) =>
    set([...rules, { ...asks, category: categories[0] ?? otherwise, why: '', confidence: 0.9 }]);
  const first = fields[0];

  return (
    <div className="flex flex-col gap-3">
      {typed ? null : (
        <Banner
          actions={
            onTyped ? (
              <Button size="small" onClick={onTyped}>
                Compare by what values mean
              </Button>
            ) : undefined
          }
        >
          This plan has version 1: every field is text, and rules are CEL.
        </Banner>
      )}
      <ol aria-label="Rules: the first that matches decides" className="flex flex-col divide-y divide-hairline">
        {rules.map((rule, index) => (
          <RuleLine
            key={rows.keys[index]}
            number={index + 1}
            rule={rule}
            fields={fields}
            datasetId={dataset.id}
            categories={categories}
            facts={preview?.ruleFacts[index] ?? null}
            counts={onTyped !== null}
            problems={problemsAt(problems, `classifier.rules.${index}`)}
            today={today}
            onChange={(next) => set(rules.map((one, at) => (at === index ? next : one)))}
            onRemove={() => {
              rows.remove(index);
              set(rules.filter((_, at) => at !== index));
            }}
            onMove={(step) => move(index, index + step)}
            onDrag={{
              start: () => {
                dragged.current = index;
              },
              over: () => {
                over.current = index;
              },
              drop: () => {
                if (dragged.current !== null && over.current !== null) move(dragged.current, over.current);
                dragged.current = null;
              },
            }}
          />
        ))}
      </ol>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-2">
        {typed && first ? (
          <Button icon={<Plus size={14} aria-hidden="true" />} onClick={() => add({ where: [[newCondition(first, today())]] })}>
            Rule
          </Button>
        ) : null}
        <Button kind="ghost" onClick={() => add({ when: '' })}>
          Rule as CEL
        </Button>
        <span className="flex flex-wrap items-center gap-2 sm:ml-auto">
          <Field label="Category of items that no rule matches" hideLabel className="flex items-center gap-2">
            <Select
              data-at="classifier.otherwise"
              value={otherwise}
              onChange={(event) => onChange({ ...part, otherwise: event.target.value })}
              className="w-40"
            >
              {categories.map((category) => (
                <option key={category}>{category}</option>
              ))}
            </Select>
          </Field>
          <span className="order-first text-muted">Everything else →</span>
          {onTyped === null ? null : (
            <span className="w-16 text-right text-muted">
              {preview ? <RowsCount of={{ otherwise: true }} count={preview.otherwise} what="that no rule matches" /> : '…'}
            </span>
          )}
        </span>
      </div>
      {typed ? (
        <ProfiledValues fields={fields} timeZone={timeZone} onChoose={(condition) => add({ where: [[condition]] })} />
      ) : null}
    </div>
  );
}

type ProfiledProps = { fields: FieldProfile[]; timeZone: string; onChoose: (condition: WhereCondition) => void };

/** Frequent values of the fields; a press makes a rule of one, as its field means it. */
function ProfiledValues({ fields, timeZone, onChoose }: ProfiledProps) {
  const label = useFieldLabel();
  const useful = fields.filter(({ top }) => top.length > 0 && top[0] && top[0].count > 1);
  const [chosen, setChosen] = useState('');
  const field = useful.find(({ name }) => name === chosen) ?? useful[0];
  if (!field) return null;
  return (
    <div className="flex flex-wrap items-center gap-1.5 border-t border-hairline pt-3">
      <span className="text-12 text-muted">Make a rule from a frequent</span>
      <Select
        aria-label="Field of the frequent values"
        value={field.name}
        onChange={(event) => setChosen(event.target.value)}
        className="w-36"
      >
        {useful.map(({ name }) => (
          <option key={name} value={name}>
            {label(name)}
          </option>
        ))}
      </Select>
      {field.top.slice(0, 8).map(({ value, count }) => {
        const condition = conditionFor(field, value, timeZone);
        return (
          <button
            key={value}
            type="button"
            disabled={condition === null}
            title={condition === null ? `This can’t be read as ${field.means}.` : undefined}
            onClick={() => condition && onChoose(condition)}
            className="row-item inline-flex max-w-60 items-center gap-1.5 rounded-md border border-hairline px-2 transition-colors hover:border-control hover:bg-sunken disabled:cursor-not-allowed disabled:text-muted disabled:line-through"
          >
            <span className="truncate">{value === '' ? '(empty)' : <FieldValue name={field.name} value={value} />}</span>
            <span className="text-12 text-muted">{formatCount(count)}</span>
          </button>
        );
      })}
    </div>
  );
}
