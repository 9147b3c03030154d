'use client';

import { useState } from 'react';
import { Field, Select } from '#components/ui/field.tsx';
import type { ClassifierPart } from '#lib/core/plans/plan.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';
import { classifierChoices, classifierEditor, withClassifier } from './classifier-editor.tsx';
import { problemsAt, type SectionProps } from './plan-preview.ts';
import { ProblemList } from './problem-list.tsx';

type Props = SectionProps & {
  forms: PlanForms;
  dataset: { id: string };
  /** the batch runs: its version stays, and nothing is counted while it is edited */
  running?: boolean;
};

/** How items are classified: the form that the plan's classifier has here. */
export function ClassifySection({ plan, forms, fields, dataset, preview, problems, onChange, running = false }: Props) {
  const { classifier } = plan;
  /** what each kind had when another was chosen */
  const [left, setLeft] = useState<Readonly<Record<string, ClassifierPart>>>({});
  const editor = classifierEditor(forms, classifier);
  const choose = (kind: string) => {
    setLeft({ ...left, [classifier.kind]: classifier });
    onChange(withClassifier(forms, plan, kind, left[kind]));
  };
  if (editor === null)
    return (
      <div data-at="classifier">
        <p className="text-muted">“{classifier.kind}” classifies the items. What it does is in the plan’s JSON below.</p>
        <ProblemList problems={problemsAt(problems, 'classifier')} />
      </div>
    );
  return (
    <div className="flex flex-col gap-3">
      {running ? null : (
        <Field label="Who classifies">
          <Select
            data-at="classifier.kind"
            value={classifier.kind}
            onChange={(event) => choose(event.target.value)}
            className="w-32"
          >
            {classifierChoices(forms).map(({ kind, title }) => (
              <option key={kind} value={kind}>
                {title}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <editor.Editor
        part={classifier}
        categories={plan.categories.map(({ name }) => name)}
        {...{ plan, fields, dataset, preview, problems }}
        connections={forms.connections}
        onTyped={running ? null : () => onChange({ ...plan, version: 2 })}
        onChange={(part) => onChange({ ...plan, classifier: part })}
        onPlan={onChange}
      />
    </div>
  );
}
