'use client';

import { Field, Input, Select, Textarea } from '#components/ui/field.tsx';
import type { Plan } from '#lib/core/plan.ts';
import { CountInput } from './chunks-section.tsx';
import type { FieldProfile } from './plan-preview.ts';

type Props = { plan: Plan; fields: FieldProfile[]; onChange: (plan: Plan) => void };

const POLICIES = [
  { value: '', words: 'as proposed' },
  { value: 'each', words: 'one after the other, each waits for a yes' },
  { value: 'pilot', words: 'one pilot first, then all others in parallel' },
  { value: 'parallel', words: 'all at once' },
];

/** When the next chunk may be worked on, and who signs each. Actions always wait for an approval. */
export function GatesSection({ plan, onChange }: Omit<Props, 'fields'>) {
  const set = (change: Partial<Plan['gates']>) => onChange({ ...plan, gates: { ...plan.gates, ...change } });
  const two = plan.gates.approvals === 2;
  return (
    <div className="grid max-w-2xl grid-cols-1 gap-4 sm:grid-cols-2">
      <Field
        label="Chunks are sorted"
        hint={
          two
            ? 'No action runs before two others have signed its chunk.'
            : 'No action ever runs before you have seen and approved its chunk.'
        }
      >
        <Select
          value={plan.gates.next ?? ''}
          onChange={(event) => set({ next: event.target.value === '' ? null : (event.target.value as Plan['gates']['next']) })}
        >
          {POLICIES.map(({ value, words }) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </Select>
      </Field>
      <Field
        label="Each chunk is signed by"
        hint={two ? 'Two people sign each chunk, neither of them you.' : 'Whoever reviews it approves it.'}
      >
        <Select value={String(plan.gates.approvals)} onChange={(event) => set({ approvals: event.target.value === '2' ? 2 : 1 })}>
          <option value="1">one person</option>
          <option value="2">two people, neither of them you</option>
        </Select>
      </Field>
    </div>
  );
}

/** Which items must not run at the same time, or must wait for each other. */
export function IndependenceSection({ plan, fields, onChange }: Props) {
  const { independence } = plan;
  return (
    <div className="grid max-w-2xl grid-cols-1 gap-4 sm:grid-cols-2">
      <Field label="An action changes the thing named by" hint="Items that name the same thing run one after the other.">
        <Select
          value={independence.resource[0] ?? ''}
          onChange={(event) =>
            onChange({
              ...plan,
              independence: { ...independence, resource: event.target.value === '' ? [] : [event.target.value] },
            })
          }
        >
          <option value="">nothing in common</option>
          {independence.resource.length > 1 ? (
            <option value={independence.resource[0]}>{independence.resource.join(' + ')}</option>
          ) : null}
          {fields.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      </Field>
      <Field label="An item waits for the one named in" hint="Then everything runs in that order, one at a time.">
        <Select
          value={independence.dependsOn ?? ''}
          onChange={(event) =>
            onChange({
              ...plan,
              independence: { ...independence, dependsOn: event.target.value === '' ? null : event.target.value },
            })
          }
        >
          <option value="">none</option>
          {fields.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      </Field>
    </div>
  );
}

/** How fast, how many first, when to stop by itself, and what a receipt's line says. */
export function LimitsSection({ plan, onChange }: Omit<Props, 'fields'>) {
  const { execution } = plan;
  const set = (change: Partial<Plan['execution']>) => onChange({ ...plan, execution: { ...execution, ...change } });
  return (
    <div className="flex flex-col gap-4">
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
        <Field label="Run first, then ask" hint="0: all at once">
          <NumberInput value={execution.first} min={0} max={1000} onChange={(first) => set({ first })} />
        </Field>
        <Field label="Requests at a time" hint="per chunk">
          <NumberInput value={execution.concurrency} min={1} max={256} onChange={(concurrency) => set({ concurrency })} />
        </Field>
        <Field label="At most per second" hint="over the whole batch">
          <CountInput
            value={execution.ratePerSecond}
            placeholder="no limit"
            onChange={(ratePerSecond) => set({ ratePerSecond })}
          />
        </Field>
        <Field label="Attempts" hint="where the target is busy or away">
          <NumberInput value={execution.retry.attempts} min={1} max={10} onChange={(attempts) => set({ retry: { attempts } })} />
        </Field>
        <Field label="Halt after failures in a row">
          <NumberInput
            value={execution.haltAfter.consecutive}
            min={1}
            max={1_000_000}
            onChange={(consecutive) => set({ haltAfter: { ...execution.haltAfter, consecutive } })}
          />
        </Field>
        <Field label="Halt at failed, in %" hint="after 20 outcomes">
          <NumberInput
            value={Math.round(execution.haltAfter.share * 100)}
            min={0}
            max={100}
            onChange={(percent) => set({ haltAfter: { ...execution.haltAfter, share: percent / 100 } })}
          />
        </Field>
      </div>
      <Field label="A receipt's line" hint="{{verb}} is what was done; fields go in double braces.">
        <Textarea
          rows={1}
          spellCheck={false}
          className="font-mono text-12"
          value={plan.receiptLine}
          onChange={(event) => onChange({ ...plan, receiptLine: event.target.value })}
        />
      </Field>
    </div>
  );
}

function NumberInput({
  value,
  min,
  max,
  onChange,
}: {
  value: number;
  min: number;
  max: number;
  onChange: (value: number) => void;
}) {
  return (
    <Input
      type="number"
      inputMode="numeric"
      min={min}
      max={max}
      value={value}
      onChange={(event) => {
        const number = Math.floor(Number(event.target.value));
        if (event.target.value !== '' && number >= min && number <= max) onChange(number);
      }}
    />
  );
}
