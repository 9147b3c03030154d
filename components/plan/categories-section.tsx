'use client';

import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { effectWord } from '#components/checkpoint/words.ts';
import { Button } from '#components/ui/button.tsx';
import { Input } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import type { Category, Plan } from '#lib/core/plan.ts';
import { ActionEditor } from './action-editor.tsx';
import { type FieldProfile, type PlanPreview, type PlanProblem, problemsAt } from './plan-preview.ts';

type Props = {
  plan: Plan;
  fields: FieldProfile[];
  preview: PlanPreview | null;
  problems: PlanProblem[];
  onChange: (plan: Plan) => void;
};

/** The categories, and what happens to the items of each once a person approved it. */
export function CategoriesSection({ plan, fields, preview, problems, onChange }: Props) {
  const { categories, classifier } = plan;
  const set = (next: Category[]) => onChange({ ...plan, categories: next });
  const inUse = (name: string) => classifier.otherwise === name || classifier.rules.some((rule) => rule.category === name);

  /** A renamed category takes its rules with it. */
  const rename = (index: number, name: string) => {
    const before = categories[index]?.name;
    const follow = (category: string) => (category === before ? name : category);
    onChange({
      ...plan,
      categories: categories.map((one, at) => (at === index ? { ...one, name } : one)),
      classifier: {
        ...classifier,
        otherwise: follow(classifier.otherwise),
        rules: classifier.rules.map((rule) => ({ ...rule, category: follow(rule.category) })),
      },
    });
  };

  return (
    <div className="flex flex-col gap-3">
      <ul className="flex flex-col divide-y divide-hairline rounded-md border border-hairline">
        {categories.map((category, index) => {
          const told = preview?.categories.find(({ name }) => name === category.name);
          return (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: a name changes while it is typed; the place does not
              key={index}
              className="grid grid-cols-[1fr_auto] items-start gap-x-3 gap-y-2 p-2 md:grid-cols-[11rem_4rem_1fr_7rem_auto]"
            >
              <CategoryName
                name={category.name}
                number={index + 1}
                taken={categories.map(({ name }) => name)}
                onRename={(name) => rename(index, name)}
              />
              <span className="text-right leading-8 max-md:order-last max-md:text-left">
                {told ? formatCount(told.count) : '…'}
              </span>
              <span className="max-md:order-3 max-md:col-span-2">
                <ActionEditor
                  name={category.name}
                  action={category.action}
                  fields={fields.map(({ name }) => name)}
                  onChange={(action) => set(categories.map((one, at) => (at === index ? { ...one, action } : one)))}
                />
                {problemsAt(problems, `categories.${index}`).map((problem) => (
                  <p key={problem.path + problem.message} role="alert" className="mt-1 text-12 text-red">
                    {problem.message}
                  </p>
                ))}
              </span>
              <span className="text-12 leading-8 text-muted max-md:order-last max-md:text-right">
                {told?.action ? (
                  <span className={told.action.effect === 'permanent' ? 'font-medium text-red' : ''}>
                    {told.action.effect === 'undoable' ? <Glyph name="↩" className="inline size-2.5" /> : null}{' '}
                    {effectWord(told.action)}
                  </span>
                ) : null}
              </span>
              <button
                type="button"
                aria-label={`Remove ${category.name}`}
                disabled={inUse(category.name) || categories.length === 1}
                title={inUse(category.name) ? 'A rule sorts into it' : undefined}
                onClick={() => set(categories.filter((_, at) => at !== index))}
                className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-text disabled:cursor-not-allowed disabled:opacity-40 max-md:order-1 pointer-coarse:size-11"
              >
                <X size={14} aria-hidden="true" />
              </button>
            </li>
          );
        })}
      </ul>
      <div>
        <Button
          icon={<Plus size={14} aria-hidden="true" />}
          onClick={() => set([...categories, { name: freeName(categories), action: null }])}
        >
          Category
        </Button>
      </div>
    </div>
  );
}

/** A name is taken over when it is left, so that half a word never collides with another category. */
function CategoryName({
  name,
  number,
  taken,
  onRename,
}: {
  name: string;
  number: number;
  taken: string[];
  onRename: (name: string) => void;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const commit = () => {
    const next = (draft ?? '').trim();
    setDraft(null);
    if (next !== '' && next !== name && !taken.includes(next)) onRename(next);
  };
  return (
    <Input
      aria-label={`Category ${number}: name`}
      value={draft ?? name}
      maxLength={60}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
        if (event.key === 'Escape') setDraft(null);
      }}
    />
  );
}

function freeName(categories: Category[]): string {
  const names = new Set(categories.map(({ name }) => name));
  let number = 1;
  while (names.has(`category ${number}`)) number += 1;
  return `category ${number}`;
}
