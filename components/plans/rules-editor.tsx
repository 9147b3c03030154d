'use client';

import { Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { FieldValue, useFieldLabel } from '#components/datasets/field-labels.tsx';
import { Button } from '#components/ui/button.tsx';
import { Checkbox, Field, Select } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import type { Rule, RulesPart } from '#lib/classifiers/rules/part.ts';
import type { EditorProps } from './classifier-editor.tsx';
import { type FieldProfile, problemsAt } from './plan-preview.ts';
import { RuleLine } from './rule-line.tsx';
import { rowToCel } from './rule-row.ts';
import { useRowKeys } from './use-row-keys.ts';

/** The rules, first match decides; what no rule matches goes to `otherwise`. */
export function RulesEditor({ part, categories, fields, preview, problems, onChange }: EditorProps<RulesPart>) {
  const [asCel, setAsCel] = useState(false);
  const { rules, otherwise } = part;
  const rows = useRowKeys(rules.length);
  const dragged = useRef<number | null>(null);
  const over = useRef<number | null>(null);

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
  const add = (field: string, operator: 'is' | 'contains_any', value: string) => {
    set([
      ...rules,
      { when: rowToCel({ field, operator, value }), category: categories[0] ?? otherwise, why: '', confidence: 0.9 },
    ]);
  };
  const ruled = preview?.ruleCounts.slice(0, rules.length).reduce<number>((sum, count) => sum + (count ?? 0), 0) ?? 0;
  const total = preview?.categories.reduce((sum, { count }) => sum + count, 0) ?? 0;

  return (
    <div className="flex flex-col gap-3">
      <ol aria-label="Rules: the first that matches decides" className="flex flex-col">
        {rules.map((rule, index) => (
          <RuleLine
            key={rows.keys[index]}
            number={index + 1}
            rule={rule}
            fields={fields}
            categories={categories}
            count={preview?.ruleCounts[index] ?? null}
            problems={problemsAt(problems, `classifier.rules.${index}`)}
            asCel={asCel}
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
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button
          icon={<Plus size={14} aria-hidden="true" />}
          onClick={() => add(fields[0]?.name ?? 'subject', 'contains_any', '')}
        >
          Rule
        </Button>
        <Checkbox label="Edit as CEL" checked={asCel} onChange={(event) => setAsCel(event.target.checked)} />
        <span className="flex items-center gap-2 sm:ml-auto">
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
          <span className="w-16 text-right text-muted">{preview ? formatCount(Math.max(0, total - ruled)) : '…'}</span>
        </span>
      </div>
      <ProfiledValues fields={fields} onChoose={(field, value) => add(field, 'is', value)} />
    </div>
  );
}

/** Frequent values of the fields; a press makes a rule of one. */
function ProfiledValues({ fields, onChoose }: { fields: FieldProfile[]; onChoose: (field: string, value: string) => void }) {
  const label = useFieldLabel();
  const useful = fields.filter(({ top }) => top.length > 0 && top[0] && top[0].count > 1);
  const [chosen, setChosen] = useState('');
  const field = useful.find(({ name }) => name === chosen) ?? useful[0];
  if (!field) return null;
  return (
    <div className="flex flex-wrap items-center gap-1.5 border-t border-hairline pt-3">
      <span className="text-12 text-muted">Make a rule of a frequent</span>
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
      {field.top.slice(0, 8).map(({ value, count }) => (
        <button
          key={value}
          type="button"
          onClick={() => onChoose(field.name, value)}
          className="row-item inline-flex max-w-60 items-center gap-1.5 rounded-md border border-hairline px-2 transition-colors hover:border-control hover:bg-sunken"
        >
          <span className="truncate">{value === '' ? '(empty)' : <FieldValue name={field.name} value={value} />}</span>
          <span className="text-12 text-muted">{formatCount(count)}</span>
        </button>
      ))}
    </div>
  );
}
