'use client';

import { GripVertical, Plus, X } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, type ReactNode, useState } from 'react';
import { useLabelled } from '#components/datasets/field-labels.tsx';
import { classes } from '#components/ui/classes.ts';
import { Select, Textarea } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import type { Rule } from '#lib/classifiers/rules/part.ts';
import { CONDITIONS_MAX } from '#lib/core/limits.ts';
import type { Where, WhereCondition } from '#lib/core/values/conditions.ts';
import type { RuleFacts } from '#lib/shapes/plans.ts';
import { newCondition, toFillIn } from './condition.ts';
import { ConditionLine } from './condition-line.tsx';
import { useFault } from './plan-faults.tsx';
import type { FieldProfile, PlanProblem } from './plan-preview.ts';
import { RowsButton, RowsCount } from './rows-behind.tsx';
import { useRowKeys } from './use-row-keys.ts';

type Props = {
  number: number;
  rule: Rule;
  fields: FieldProfile[];
  datasetId: string;
  categories: string[];
  /** what it came to when it was counted last; null where it was not */
  facts: RuleFacts | null;
  /** false: nothing is counted while the rules are edited */
  counts: boolean;
  problems: PlanProblem[];
  today: () => string;
  onChange: (rule: Rule) => void;
  onRemove: () => void;
  /** -1 up, 1 down */
  onMove: (step: number) => void;
  onDrag: { start: () => void; over: () => void; drop: () => void };
};

/** One rule: its conditions as rows, or as CEL where it was written so; its category, and what it comes to. */
export function RuleLine({
  number,
  rule,
  fields,
  datasetId,
  categories,
  facts,
  counts,
  problems,
  today,
  onChange,
  onRemove,
  onMove,
  onDrag,
}: Props) {
  const [grabbed, setGrabbed] = useState(false);
  const name = `Rule ${number}`;
  const path = `classifier.rules.${number - 1}`;
  const { where, when } = rule;
  const missing = where ? toFillIn(where) : when === '' ? [{ path: '', message: 'A condition is needed.' }] : [];
  const counted = missing.length === 0 && problems.length === 0 ? facts : null;
  const told = (
    <>
      {rule.why ? <span>{rule.why}</span> : null}
      {missing.map((one) => (
        <Missing key={one.path} path={`${path}.${where ? `where.${one.path}` : 'when'}`} message={one.message} />
      ))}
      {counted ? <Comes number={number} facts={counted} where={where} /> : null}
    </>
  );
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    onMove(event.key === 'ArrowUp' ? -1 : 1);
  };

  return (
    <li
      aria-label={name}
      data-at={path}
      draggable={grabbed}
      onDragStart={(event: DragEvent) => {
        event.dataTransfer.effectAllowed = 'move';
        onDrag.start();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        onDrag.over();
      }}
      onDrop={(event) => {
        event.preventDefault();
        onDrag.drop();
      }}
      onDragEnd={() => setGrabbed(false)}
      className={classes('py-2', grabbed && 'opacity-60')}
    >
      <div className="grid grid-cols-[auto_1fr_auto] items-start gap-x-2 gap-y-1 lg:grid-cols-[auto_1fr_auto_10rem_5rem_auto]">
        <button
          type="button"
          aria-label={`${name}: move with the arrow keys, or drag`}
          onPointerDown={() => setGrabbed(true)}
          onPointerUp={() => setGrabbed(false)}
          onKeyDown={onKey}
          className="row-item flex cursor-grab items-center gap-1 rounded-md px-1 text-12 text-muted hover:bg-sunken"
        >
          <GripVertical size={14} aria-hidden="true" />
          <span className="w-5 text-right">{number}</span>
        </button>
        {where ? (
          <WhereFields
            {...{ name, where, fields, datasetId, today }}
            path={`${path}.where`}
            onChange={(next) => onChange({ ...rule, where: next, why: asks(next) === asks(where) ? rule.why : '' })}
          >
            {told}
          </WhereFields>
        ) : (
          <div className="min-w-0">
            <Textarea
              rows={1}
              aria-label={`${name} as CEL`}
              data-at={`${path}.when`}
              spellCheck={false}
              value={when ?? ''}
              placeholder='item["Amount"] > 1000.0'
              aria-invalid={problems.length > 0 || undefined}
              onChange={(event) => onChange({ ...rule, when: event.target.value })}
              className="field-sizing-content max-h-40 resize-none! font-mono text-12"
            />
            <div className="flex flex-wrap gap-x-3 px-2 text-12 text-muted">{told}</div>
          </div>
        )}
        <button
          type="button"
          aria-label={`Remove ${name.toLowerCase()}`}
          onClick={onRemove}
          className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-text lg:order-last pointer-coarse:size-11"
        >
          <X size={14} aria-hidden="true" />
        </button>
        <span className="hidden pt-1.5 text-muted lg:block" aria-hidden="true">
          →
        </span>
        <Select
          aria-label={`${name}: category`}
          value={rule.category}
          onChange={(event) => onChange({ ...rule, category: event.target.value })}
          className="max-lg:col-start-2"
        >
          {categories.includes(rule.category) ? null : <option value={rule.category}>{rule.category} (no such category)</option>}
          {categories.map((category) => (
            <option key={category}>{category}</option>
          ))}
        </Select>
        <span className="pt-1.5 text-right text-muted">
          {counted === null ? (
            counts ? (
              '…'
            ) : null
          ) : (
            <RowsCount
              of={{ rule: number - 1 }}
              count={counted.takes}
              what={`that ${name.toLowerCase()} decides`}
              fields={fieldsOf(where)}
            />
          )}
        </span>
      </div>
      {problems.map((problem) => (
        <p key={problem.path + problem.message} role="alert" className="mt-1 pl-10 text-12 text-red">
          {problemWords(name, problem)}
        </p>
      ))}
    </li>
  );
}

/** What is not filled in yet: no fault of the person's, but the plan can't start with it. */
function Missing({ path, message }: PlanProblem) {
  useFault(path, message);
  return <span>{message}</span>;
}

/** What is worth knowing of the rule's count: where nobody knows whether it holds, and that it holds for nothing, for all, or only for what others take. */
function Comes({ number, facts, where }: { number: number; facts: RuleFacts; where: Where | undefined }) {
  const labelled = useLabelled();
  const rule = number - 1;
  const fields = fieldsOf(where);
  return (
    <>
      {facts.warnings.map(({ code }) => (
        <RowsButton
          key={code}
          of={code === 'matches_nothing' ? { rule } : { matches: rule }}
          title={`Rule ${number} ${COMES[code]}: ${formatCount(facts.matches)} match`}
          fields={fields}
          className={code === 'matches_nothing' ? '' : 'text-amber'}
        >
          {COMES[code]}
        </RowsButton>
      ))}
      {facts.unknownFields.map(({ field, message }) => (
        <RowsButton
          key={field}
          of={{ unknown: rule, field }}
          title={labelled(message)}
          fields={[field, ...fields]}
          className="text-amber"
        >
          {labelled(message)} ▸
        </RowsButton>
      ))}
    </>
  );
}

const COMES: Record<RuleFacts['warnings'][number]['code'], string> = {
  matches_nothing: 'catches nothing',
  matches_everything: 'catches everything',
  matches_only_taken: 'catches only what earlier rules took',
};

type WhereProps = Pick<Props, 'fields' | 'datasetId' | 'today'> & {
  name: string;
  path: string;
  where: Where;
  onChange: (where: Where) => void;
  /** what is told of the rule */
  children: ReactNode;
};

/** Groups of conditions: *and* inside a group, *or* between them. */
function WhereFields({ name, path, where, onChange, children, ...rest }: WhereProps) {
  const groups = useRowKeys(where.length);
  const only = where.length === 1;
  const begin = (): WhereCondition[] => {
    const field = freeField(rest.fields, where);
    return field ? [newCondition(field, rest.today())] : [];
  };
  return (
    <div className="flex min-w-0 flex-col gap-1">
      {where.map((group, at) => (
        <Conditions
          key={groups.keys[at]}
          {...rest}
          name={only ? name : `${name}, group ${at + 1}`}
          path={`${path}.${at}`}
          group={group}
          only={only}
          begin={begin}
          joined={at > 0}
          onChange={(next) => {
            if (next.length === 0) groups.remove(at);
            onChange(where.flatMap((one, index) => (index !== at ? [one] : next.length > 0 ? [next] : [])));
          }}
        >
          {at === where.length - 1 ? (
            <AddButton
              label={`${name}: or`}
              disabled={where.length >= CONDITIONS_MAX}
              onClick={() => onChange([...where, begin()])}
            >
              or
            </AddButton>
          ) : null}
          {at === where.length - 1 ? children : null}
        </Conditions>
      ))}
    </div>
  );
}

type GroupProps = Omit<WhereProps, 'where' | 'onChange'> & {
  group: WhereCondition[];
  /** the rule has no other group */
  only: boolean;
  /** an *or* stands before it */
  joined: boolean;
  begin: () => WhereCondition[];
  /** without a condition it is gone */
  onChange: (group: WhereCondition[]) => void;
  children: ReactNode;
};

function Conditions({ name, path, group, only, joined, begin, onChange, children, ...rest }: GroupProps) {
  const rows = useRowKeys(group.length);
  return (
    <>
      {joined ? (
        <div className="flex items-center gap-2 text-12 text-muted" aria-hidden="true">
          or <span className="h-px flex-1 bg-hairline" />
        </div>
      ) : null}
      <fieldset className="flex min-w-0 flex-col gap-1">
        <legend className="sr-only">{joined ? `or ${name}` : name}</legend>
        {group.map((condition, at) => (
          <div key={rows.keys[at]} className="flex min-w-0 items-start gap-1">
            {group.length > 1 ? (
              <span className="w-7 shrink-0 pr-1 text-right text-12 leading-8 text-muted pointer-coarse:leading-[44px]">
                {at > 0 ? 'and' : ''}
              </span>
            ) : null}
            <ConditionLine
              {...rest}
              name={group.length === 1 ? name : `${name}, condition ${at + 1}`}
              path={`${path}.${at}`}
              condition={condition}
              onChange={(next) => onChange(group.map((one, index) => (index === at ? next : one)))}
              onRemove={
                only && group.length === 1
                  ? null
                  : () => {
                      rows.remove(at);
                      onChange(group.filter((_, index) => index !== at));
                    }
              }
            />
          </div>
        ))}
        <div className={classes('flex flex-wrap items-center gap-x-3 gap-y-0.5 text-12 text-muted', group.length > 1 && 'pl-8')}>
          <AddButton
            label={`${name}: another condition`}
            disabled={group.length >= CONDITIONS_MAX}
            onClick={() => onChange([...group, ...begin()])}
          >
            condition
          </AddButton>
          {children}
        </div>
      </fieldset>
    </>
  );
}

type AddProps = { label: string; disabled: boolean; onClick: () => void; children: string };

function AddButton({ label, disabled, onClick, children }: AddProps) {
  return (
    <button
      type="button"
      aria-label={label}
      disabled={disabled}
      onClick={onClick}
      className="inline-flex items-center gap-1 rounded-md py-0.5 text-12 text-muted hover:bg-sunken hover:text-text disabled:cursor-not-allowed disabled:opacity-40 pointer-coarse:min-h-11 pointer-coarse:min-w-11"
    >
      <Plus size={12} aria-hidden="true" />
      {children}
    </button>
  );
}

/** A field that the rule does not ask for yet, if there is one. */
function freeField(fields: FieldProfile[], where: Where): FieldProfile | undefined {
  const asked = fieldsOf(where);
  return fields.find(({ name }) => !asked.includes(name)) ?? fields[0];
}

function fieldsOf(where: Where | undefined): string[] {
  return [...new Set(where?.flat().map(({ field }) => field))];
}

/** What a rule asks, apart from what it compares with: its reason stays true while only that changes. */
function asks(where: Where): string {
  return JSON.stringify(where.map((group) => group.map(({ field, is }) => [field, is])));
}

/** The rule and the place, once: the compiler's faults say them already. */
function problemWords(name: string, { message, line, column }: PlanProblem): string {
  if (message.startsWith(`${name}, `)) return message;
  const place = [name, line !== undefined && line > 1 ? `line ${line}` : '', column === undefined ? '' : `column ${column}`];
  return `${place.filter(Boolean).join(', ')}: ${message}`;
}
