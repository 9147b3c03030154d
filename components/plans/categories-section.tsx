'use client';

import { Plus, X } from 'lucide-react';
import { effectWord } from '#components/checkpoints/words.ts';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import { Glyph } from '#components/ui/glyph.tsx';
import { CATEGORY_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import type { Category } from '#lib/core/plans/plan.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';
import { ActionEditor } from './action-editor.tsx';
import { categoriesInUse, classifierEditor } from './classifier-editor.tsx';
import { useTyped } from './plan-faults.tsx';
import { problemsAt, type SectionProps } from './plan-preview.ts';
import { ProblemList } from './problem-list.tsx';
import { Unbuildable } from './request-warnings.tsx';
import { RowsCount } from './rows-behind.tsx';
import { typedName } from './typed-value.ts';
import { useRowKeys } from './use-row-keys.ts';

type Props = SectionProps & { forms: PlanForms };

/** The categories, and what happens to the items of each once a person approved it. */
export function CategoriesSection({ plan, forms, fields, preview, problems, onChange }: Props) {
  const { categories, classifier } = plan;
  const rows = useRowKeys(categories.length);
  const set = (next: Category[]) => onChange({ ...plan, categories: next });
  const used = categoriesInUse(forms, plan);
  const inUse = (name: string) => used.has(name);

  /** A renamed category takes with it the rules that give it. */
  const rename = (index: number, name: string) => {
    const before = categories[index]?.name ?? '';
    onChange({
      ...plan,
      categories: categories.map((one, at) => (at === index ? { ...one, name } : one)),
      classifier: classifierEditor(forms, classifier)?.rename(classifier, before, name) ?? classifier,
    });
  };

  return (
    <div className="flex flex-col gap-3">
      <ul className="flex flex-col divide-y divide-hairline rounded-md border border-hairline">
        {categories.map((category, index) => {
          const told = preview?.categories.find(({ name }) => name === category.name);
          return (
            <li
              // A name changes while it is typed, and the place when one above is removed.
              key={rows.keys[index]}
              data-at={`categories.${index}`}
              className="grid grid-cols-[1fr_auto] items-start gap-x-3 gap-y-2 p-2 md:grid-cols-[11rem_4rem_1fr_7rem_auto]"
            >
              <CategoryName
                name={category.name}
                number={index + 1}
                taken={categories.filter((_, at) => at !== index).map(({ name }) => name)}
                onRename={(name) => rename(index, name)}
              />
              <span className="text-right leading-8 max-md:order-last max-md:text-left">
                {told ? <Told name={told.name} count={told.count} /> : '…'}
              </span>
              <span className="max-md:order-3 max-md:col-span-2">
                <ActionEditor
                  name={category.name}
                  path={`categories.${index}.action`}
                  action={category.action}
                  forms={forms}
                  fields={fields.map(({ name }) => name)}
                  onChange={(action) => set(categories.map((one, at) => (at === index ? { ...one, action } : one)))}
                />
                <ProblemList problems={problemsAt(problems, `categories.${index}`)} />
                <Unbuildable facts={preview?.requests.find((one) => one.category === category.name) ?? null} />
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
                title={inUse(category.name) ? 'A rule gives this category' : undefined}
                onClick={() => {
                  rows.remove(index);
                  set(categories.filter((_, at) => at !== index));
                }}
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

/** A name that is empty, or half a word that is another category's name already, is not taken over. */
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
  const { control, error } = useTyped({
    path: `categories.${number - 1}.name`,
    value: name,
    write: String,
    read: (text) => typedName(text, CATEGORY_NAME_CHARS_MAX, taken),
    onChange: onRename,
  });
  return (
    <Field label={`Category ${number}: name`} hideLabel error={error}>
      <Input {...control} />
    </Field>
  );
}

function freeName(categories: Category[]): string {
  const names = new Set(categories.map(({ name }) => name));
  let number = 1;
  while (names.has(`category ${number}`)) number += 1;
  return `category ${number}`;
}

/** How many items a category gets, with the rows behind the number; nothing where agents classify. */
function Told({ name, count }: { name: string; count: number | null }) {
  return count === null ? null : <RowsCount of={{ category: name }} count={count} what={`classified as ${name}`} />;
}
