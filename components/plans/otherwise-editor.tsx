'use client';

import type { ReactNode } from 'react';
import { Field, Select } from '#components/ui/field.tsx';
import type { EditorProps } from './classifier-editor.tsx';

type Part = { kind: string; otherwise: string };

/** Of a classifier that has nothing to fill in but the category of what it can't tell. */
function OtherwiseEditor<Own extends Part>({
  part,
  categories,
  onChange,
  label,
  children,
}: Pick<EditorProps<Own>, 'part' | 'categories' | 'onChange'> & { label: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-3">
      <p className="max-w-2xl text-muted">{children}</p>
      <Field label={label}>
        <Select
          data-at="classifier.otherwise"
          value={part.otherwise}
          onChange={(event) => onChange({ ...part, otherwise: event.target.value })}
          className="w-40"
        >
          {categories.map((category) => (
            <option key={category}>{category}</option>
          ))}
        </Select>
      </Field>
    </div>
  );
}

/** Where agents classify: what they go by is the plan's instruction. */
export function AgentEditor<Own extends Part>(props: EditorProps<Own>) {
  return (
    <OtherwiseEditor {...props} label="What no agent can tell goes to">
      Agents with keys of the role <em>agent</em> classify by “What should happen?”, over MCP or REST. Say there how to tell the
      categories apart. Nothing is done before a person approves.
    </OtherwiseEditor>
  );
}

/** Where a person files each item at its checkpoint. */
export function ManualEditor<Own extends Part>(props: EditorProps<Own>) {
  return (
    <OtherwiseEditor {...props} label="What nobody has filed yet is in">
      A person files each item at its checkpoint, by keyboard: 1 to 9 choose the category, and the next item comes by itself. What
      nobody has filed is never acted on.
    </OtherwiseEditor>
  );
}
