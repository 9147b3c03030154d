'use client';

import { Field, Select } from '#components/ui/field.tsx';
import type { AgentPart } from '#lib/classifiers/agent/part.ts';
import type { EditorProps } from './classifier-editor.tsx';

/** Where agents classify: what they go by is the plan's instruction, so there is only the category of what they can't tell. */
export function AgentEditor({ part, categories, onChange }: Pick<EditorProps<AgentPart>, 'part' | 'categories' | 'onChange'>) {
  return (
    <div className="flex flex-col gap-3">
      <p className="max-w-2xl text-muted">
        Agents with keys of the role <em>agent</em> classify by “What should happen?”, over MCP or REST. Say there how to tell the
        categories apart. Nothing is done before a person approves.
      </p>
      <Field label="What no agent can tell goes to" inline>
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
