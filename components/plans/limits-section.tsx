'use client';

import { useFieldLabel } from '#components/datasets/field-labels.tsx';
import { Field, Select, Textarea } from '#components/ui/field.tsx';
import { DEADLINE_HOURS_MAX } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { demandWords, typedDemand } from './demand-words.ts';
import { problemsAt, type SectionProps } from './plan-preview.ts';
import { ProblemList } from './problem-list.tsx';
import { NumberField, TextField } from './typed-field.tsx';
import { percentOf, typedAddress, typedNumber, typedNumberOr, typedShare } from './typed-value.ts';

type Props = Omit<SectionProps, 'preview'>;

const POLICIES = [
  { value: '', words: 'as proposed' },
  { value: 'each', words: 'one after the other, each after the review before it' },
  { value: 'pilot', words: 'one pilot first, then all others in parallel' },
  { value: 'parallel', words: 'all at once' },
];

/** When the next chunk may be worked on, who signs each, and what must be proven before. Actions always wait for an approval. */
export function GatesSection({ plan, preview, problems, onChange }: Omit<SectionProps, 'fields'>) {
  const set = (change: Partial<Plan['gates']>) => onChange({ ...plan, gates: { ...plan.gates, ...change } });
  const two = plan.gates.approvals === 2;
  const { evidence } = plan.gates;
  const over = evidence?.over ?? 'batch';
  return (
    <div className="grid max-w-2xl grid-cols-1 gap-4 sm:grid-cols-2" data-at="gates">
      <Field
        label="Chunks are classified"
        hint={
          two
            ? 'No action runs before two other people have signed its chunk.'
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
      {two ? (
        <Field label="Who signs" hint="A key has no eyes. Let keys sign only where a program of yours reviews.">
          <Select
            value={plan.gates.keysMaySign ? 'keys' : 'people'}
            onChange={(event) => set({ keysMaySign: event.target.value === 'keys' ? true : undefined })}
          >
            <option value="people">people only</option>
            <option value="keys">people and API keys</option>
          </Select>
        </Field>
      ) : null}
      {plan.version === 2 ? (
        <Field label="Who signs proves it" hint="Where they approve, release the rest, or answer for what is uncertain.">
          <Select
            value={plan.gates.stepUp ? 'factor' : 'session'}
            onChange={(event) => set({ stepUp: event.target.value === 'factor' ? true : undefined })}
          >
            <option value="session">by being signed in</option>
            <option value="factor">with a second factor</option>
          </Select>
        </Field>
      ) : null}
      <TextField
        label="Ask for proof: at most so many wrong, in %"
        hint={
          (evidence && preview && demandWords(evidence, preview)) ??
          'Of each category that acts, by looks at random items. Empty: none is asked for.'
        }
        path="gates.evidence.atMost"
        inputMode="decimal"
        placeholder="no proof"
        value={evidence?.atMost ?? null}
        write={(share) => (share === null ? '' : percentOf(share))}
        read={typedDemand}
        onChange={(atMost) => set({ evidence: atMost === null ? null : { atMost, over } })}
      />
      {evidence ? (
        <Field label="Proven over" hint="A pilot's own decision asks for no proof. With 95 % confidence, whenever one stops.">
          <Select
            value={over}
            onChange={(event) => set({ evidence: { ...evidence, over: event.target.value === 'chunk' ? 'chunk' : 'batch' } })}
          >
            <option value="batch">the whole batch, as far as it is decided</option>
            <option value="chunk">each chunk by itself</option>
          </Select>
        </Field>
      ) : null}
      {plan.version === 2 ? <Deadline plan={plan} onChange={onChange} /> : null}
      <ProblemList problems={['gates', 'deadline'].flatMap((path) => problemsAt(problems, path))} />
    </div>
  );
}

/** How long a question waits before one person more is told, and who that is. */
function Deadline({ plan, onChange }: Pick<SectionProps, 'plan' | 'onChange'>) {
  const { deadline } = plan;
  return (
    <>
      <NumberField
        label="A question may wait so many hours"
        hint="Then one person more is told. Nothing is approved or closed by that. Empty: as the installation has it."
        path="deadline.hours"
        placeholder="as the installation has it"
        value={deadline?.hours ?? null}
        read={(text) => typedNumberOr(text, null, { min: 1, max: DEADLINE_HOURS_MAX })}
        onChange={(hours) => onChange({ ...plan, deadline: hours === null ? undefined : { ...deadline, hours } })}
      />
      {deadline ? (
        <TextField
          label="Who is told then"
          hint="The address with which a person here signs in. Empty: whom the installation names, else every admin."
          path="deadline.escalateTo"
          placeholder="ada@firm.example"
          value={deadline.escalateTo}
          write={(address) => address ?? ''}
          read={typedAddress}
          onChange={(escalateTo) => onChange({ ...plan, deadline: { ...deadline, escalateTo } })}
        />
      ) : null}
    </>
  );
}

/** Which items must not run at the same time, or must wait for each other. */
export function IndependenceSection({ plan, fields, problems, onChange }: Props) {
  const { independence } = plan;
  const label = useFieldLabel();
  return (
    <div className="grid max-w-2xl grid-cols-1 gap-4 sm:grid-cols-2">
      <Field label="Field that identifies what an action changes" hint="Items with the same value run one after the other.">
        <Select
          data-at="independence.resource"
          value={independence.resource[0] ?? ''}
          onChange={(event) =>
            onChange({
              ...plan,
              independence: { ...independence, resource: event.target.value === '' ? [] : [event.target.value] },
            })
          }
        >
          <option value="">no field</option>
          {independence.resource.length > 1 ? (
            <option value={independence.resource[0]}>{independence.resource.map(label).join(' + ')}</option>
          ) : null}
          {fields.map(({ name }) => (
            <option key={name} value={name}>
              {label(name)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Field that names the item to wait for" hint="Items then run in that order, one at a time.">
        <Select
          data-at="independence.dependsOn"
          value={independence.dependsOn ?? ''}
          onChange={(event) =>
            onChange({
              ...plan,
              independence: { ...independence, dependsOn: event.target.value === '' ? null : event.target.value },
            })
          }
        >
          <option value="">no field</option>
          {fields.map(({ name }) => (
            <option key={name} value={name}>
              {label(name)}
            </option>
          ))}
        </Select>
      </Field>
      <ProblemList problems={problemsAt(problems, 'independence')} />
    </div>
  );
}

/** How fast, how many first, when to stop by itself, and what a receipt's line says. */
export function LimitsSection({ plan, problems, onChange }: Omit<Props, 'fields'>) {
  const { execution } = plan;
  const { haltAfter } = execution;
  const set = (change: Partial<Plan['execution']>) => onChange({ ...plan, execution: { ...execution, ...change } });
  return (
    <div className="flex flex-col gap-4" data-at="execution">
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
        <NumberField
          label="Run first, then ask"
          hint="0: all at once"
          path="execution.first"
          value={execution.first}
          read={(text) => typedNumber(text, { min: 0, max: 1_000 })}
          onChange={(first) => set({ first })}
        />
        <NumberField
          label="Requests at a time"
          hint="per chunk"
          path="execution.concurrency"
          value={execution.concurrency}
          read={(text) => typedNumber(text, { min: 1, max: 256 })}
          onChange={(concurrency) => set({ concurrency })}
        />
        <NumberField
          label="At most per second"
          hint="over the whole batch"
          path="execution.ratePerSecond"
          inputMode="decimal"
          placeholder="no limit"
          value={execution.ratePerSecond}
          read={(text) => typedNumberOr(text, null, { min: RATE_MIN, max: 100_000, whole: false })}
          onChange={(ratePerSecond) => set({ ratePerSecond })}
        />
        <NumberField
          label="Attempts"
          hint="where the target is busy or away"
          path="execution.retry.attempts"
          value={execution.retry.attempts}
          read={(text) => typedNumber(text, { min: 1, max: 10 })}
          onChange={(attempts) => set({ retry: { attempts } })}
        />
        <NumberField
          label="Halt after failures in a row"
          path="execution.haltAfter.consecutive"
          value={haltAfter.consecutive}
          read={(text) => typedNumber(text, { min: 1 })}
          onChange={(consecutive) => set({ haltAfter: { ...haltAfter, consecutive } })}
        />
        <TextField
          label="Halt at this share of failures, in %"
          hint="after 20 outcomes"
          path="execution.haltAfter.share"
          inputMode="decimal"
          value={haltAfter.share}
          write={percentOf}
          read={typedShare}
          onChange={(share) => set({ haltAfter: { ...haltAfter, share } })}
        />
      </div>
      <Field label="Receipt line" hint="{{verb}} is what was done. Fields go in double braces.">
        <Textarea
          rows={1}
          spellCheck={false}
          className="font-mono text-12"
          data-at="receiptLine"
          value={plan.receiptLine}
          onChange={(event) => onChange({ ...plan, receiptLine: event.target.value })}
        />
      </Field>
      <ProblemList problems={['execution', 'receiptLine', 'receiptFields'].flatMap((path) => problemsAt(problems, path))} />
    </div>
  );
}

/** One action in a quarter of an hour; the plan takes any rate above 0. */
const RATE_MIN = 0.001;
