'use client';

import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Select } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import { type ExamplesPart, taughtOf } from '#lib/classifiers/examples/part.ts';
import type { EditorProps } from './classifier-editor.tsx';
import { TeachPanel } from './teach-panel.tsx';

/** Where it is learned from what a person decides: they are asked about items, some at a time, and see what it would make of the rest. */
export function ExamplesEditor({ part, categories, dataset, onTyped, onChange }: EditorProps<ExamplesPart>) {
  const [teaching, setTeaching] = useState(false);
  const own = taughtOf(part, dataset.id).size;
  const all = part.taught.flatMap(({ items }) => Object.entries(items));
  const counts = categories
    .map((name) => ({ name, count: all.filter(([one]) => one === name).reduce((sum, [, ordinals]) => sum + ordinals.length, 0) }))
    .filter(({ count }) => count > 0);
  const taught = counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="flex flex-col gap-3">
      <p className="max-w-2xl text-muted">
        You decide some items, one key each, and it learns from them what to do with the rest: no key, no network, the same each
        time. What you decide stays as you decided it. Nothing is done before a person approves.
      </p>
      <p>
        {taught === 0
          ? 'Nothing was taught yet.'
          : `${formatCount(taught)} taught: ${counts.map(({ name, count }) => `${name} ${formatCount(count)}`).join(', ')}.`}
        {taught > own ? ` ${formatCount(taught - own)} of them with other files.` : ''}
      </p>
      {onTyped === null ? null : teaching ? (
        <TeachPanel {...{ part, categories, onChange }} datasetId={dataset.id} onClose={() => setTeaching(false)} />
      ) : (
        <div className="flex flex-wrap gap-2">
          <Button kind={taught === 0 ? 'primary' : 'secondary'} data-at="classifier.taught" onClick={() => setTeaching(true)}>
            {taught === 0 ? 'Teach, 20 at a time' : 'Teach more'}
          </Button>
          {taught > 0 ? (
            <Button kind="ghost" onClick={() => onChange({ ...withoutLearned(part), taught: [] })}>
              Forget all that was taught
            </Button>
          ) : null}
        </div>
      )}
      <div className="flex flex-wrap gap-4">
        <Field label="What it is not sure of goes to">
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
        {onTyped === null ? null : (
          <Field label="It is sure from">
            <Select
              data-at="classifier.sure"
              value={part.sure}
              onChange={(event) => onChange({ ...part, sure: Number(event.target.value) })}
              className="w-28"
            >
              {[...new Set([...SURE, part.sure])].sort().map((sure) => (
                <option key={sure} value={sure}>
                  {Math.round(100 * sure)} %
                </option>
              ))}
            </Select>
          </Field>
        )}
      </div>
    </div>
  );
}

const SURE = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

function withoutLearned({ learned: _, ...part }: ExamplesPart): ExamplesPart {
  return part;
}
