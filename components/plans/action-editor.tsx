'use client';

import { useState } from 'react';
import { Checkbox, Field, Input, Select, Textarea } from '#components/ui/field.tsx';
import type { Action } from '#lib/core/plans/plan.ts';
import { type TypedField, useTyped } from './plan-faults.tsx';
import { typedJson } from './typed-value.ts';

type Props = {
  name: string;
  /** where the action is in the plan: "categories.0.action" */
  path: string;
  action: Action | null;
  fields: string[];
  onChange: (action: Action | null) => void;
};

/** The kinds of action in plain words; the value is connector and verb. */
const KINDS: { value: string; words: string; make: () => Action | null }[] = [
  { value: '', words: 'Do nothing', make: () => null },
  {
    value: 'shelf.archive',
    words: 'Archive: put away on a shelf here',
    make: () => action('shelf', 'archive', { shelf: 'archive' }),
  },
  {
    value: 'shelf.restore',
    words: 'Restore: take back from a shelf',
    make: () => action('shelf', 'restore', { shelf: 'archive' }),
  },
  { value: 'task.create', words: 'Create a follow-up task', make: () => action('task', 'create', { title: '', body: '' }) },
  { value: 'http', words: 'Send a web request', make: () => action('http', 'POST', { url: '', body: {} }) },
  { value: 'none.label', words: 'Label: a receipt, no effect', make: () => action('none', 'label', {}) },
];

/** What happens to every item of one category, once a person approved it. */
export function ActionEditor({ name, path, action: value, fields, onChange }: Props) {
  /** the actions of the other kinds as they were left */
  const [left, setLeft] = useState<Record<string, Action | null>>({});
  const kind = kindOf(value);
  const known = KINDS.some((one) => one.value === kind);
  const set = (change: Record<string, unknown>) =>
    value && onChange({ ...value, with: { ...value.with, ...change } as Action['with'] });
  return (
    <div className="grid min-w-0 items-start gap-2 xl:grid-cols-[17rem_1fr]">
      <Select
        aria-label={`${name}: action`}
        value={kind}
        onChange={(event) => {
          const made = KINDS.find((one) => one.value === event.target.value)?.make() ?? null;
          if (made?.connector === 'task' && fields.includes('subject')) made.with = { title: '{{subject}}', body: '' };
          setLeft({ ...left, [kind]: value });
          onChange(left[event.target.value] ?? made);
        }}
      >
        {known ? null : <option value={kind}>{kind}</option>}
        {KINDS.map((one) => (
          <option key={one.value} value={one.value}>
            {one.words}
          </option>
        ))}
      </Select>
      {value !== null && value.connector !== 'none' ? (
        <div className="flex min-w-0 flex-col gap-2">
          {value.connector === 'shelf' ? (
            <Field label="Shelf" inline>
              <Input
                data-at={`${path}.with.shelf`}
                value={textOf(value.with.shelf ?? 'archive')}
                onChange={(event) => set({ shelf: event.target.value })}
              />
            </Field>
          ) : null}
          {value.connector === 'task' ? (
            <>
              <Field label="Title" hint={<TemplateHint fields={fields} />} inline>
                <Input
                  data-at={`${path}.with.title`}
                  value={textOf(value.with.title)}
                  onChange={(event) => set({ title: event.target.value })}
                />
              </Field>
              <Field label="Text" inline>
                <Textarea
                  rows={1}
                  data-at={`${path}.with.body`}
                  value={textOf(value.with.body)}
                  onChange={(event) => set({ body: event.target.value })}
                />
              </Field>
            </>
          ) : null}
          {value.connector === 'http' ? <RequestFields path={path} value={value} fields={fields} onChange={onChange} /> : null}
        </div>
      ) : null}
    </div>
  );
}

type RequestProps = { path: string; value: Action; fields: string[]; onChange: (action: Action) => void };

function RequestFields({ path, value, fields, onChange }: RequestProps) {
  /** what a GET can't have, for when it is no GET any more */
  const [kept, setKept] = useState<Action['with']>({});
  /** for how long the target keeps keys, for when the box is ticked again */
  const [honoured, setHonoured] = useState<Action['honoursKeys']>(true);
  const set = (change: Record<string, unknown>) => onChange({ ...value, with: { ...value.with, ...change } as Action['with'] });
  return (
    <>
      <div className="grid grid-cols-[6.5rem_1fr] gap-2">
        <Field label="Method">
          <Select
            value={value.do}
            onChange={(event) => {
              const method = event.target.value;
              // A GET has no body, and changes nothing that could be undone.
              const { body, undo, ...rest } = value.with;
              if (method === 'GET') setKept({ ...(body === undefined ? {} : { body }), ...(undo === undefined ? {} : { undo }) });
              onChange({
                ...value,
                do: method,
                with: method === 'GET' ? rest : value.do === 'GET' ? { ...kept, ...value.with } : value.with,
              });
            }}
          >
            {['POST', 'PUT', 'PATCH', 'DELETE', 'GET'].map((method) => (
              <option key={method}>{method}</option>
            ))}
          </Select>
        </Field>
        <Field label="Address" hint={<TemplateHint fields={fields} />}>
          <Input
            data-at={`${path}.with.url`}
            value={textOf(value.with.url)}
            placeholder="https://"
            spellCheck={false}
            onChange={(event) => set({ url: event.target.value })}
          />
        </Field>
      </div>
      {value.do === 'GET' ? null : (
        <>
          <JsonField
            label="Body, as JSON"
            path={`${path}.with.body`}
            value={value.with.body ?? null}
            rows={3}
            onChange={(body) => set({ body })}
          />
          <JsonField
            label={
              'What undoes it, as JSON: do, url, body, headers; {{target}} is the target’s own id (null: it can’t be undone)'
            }
            path={`${path}.with.undo`}
            value={value.with.undo ?? null}
            rows={1}
            onChange={(undo) => {
              const { undo: _, ...rest } = value.with;
              onChange({ ...value, with: (undo === null ? rest : { ...rest, undo: undo as object }) as Action['with'] });
            }}
          />
        </>
      )}
      <JsonField
        label="Headers, as JSON"
        path={`${path}.with.headers`}
        value={value.with.headers === undefined ? {} : value.with.headers}
        rows={1}
        onChange={(headers) => set({ headers })}
      />
      <Field label="Connection (empty: no credentials)">
        <Input
          data-at={`${path}.connection`}
          value={value.connection ?? ''}
          onChange={(event) => onChange({ ...value, connection: event.target.value === '' ? null : event.target.value })}
        />
      </Field>
      <Checkbox
        label="The target ignores a repeat with the same Idempotency-Key"
        hint="Then an interrupted request is sent again with its key. Otherwise a person is asked what became of it."
        checked={value.honoursKeys !== false}
        onChange={(event) => {
          if (value.honoursKeys !== false) setHonoured(value.honoursKeys);
          onChange({ ...value, honoursKeys: event.target.checked ? honoured : false });
        }}
      />
    </>
  );
}

/** Any value as JSON. */
function JsonField(props: Omit<JsonTextProps<unknown>, 'read'>) {
  return <JsonText {...props} read={typedJson} />;
}

type JsonTextProps<Value> = Omit<TypedField<Value>, 'write' | 'long'> & { label: string; rows: number };

/** A value as JSON text; `read` says which JSON it may be. */
export function JsonText<Value>({ label, rows, ...field }: JsonTextProps<Value>) {
  const { control, text, error } = useTyped({ ...field, write: (value) => JSON.stringify(value, null, 2), long: true });
  return (
    <Field label={label} error={error}>
      <Textarea
        rows={Math.max(rows, Math.min(16, text.split('\n').length))}
        spellCheck={false}
        className="font-mono text-12"
        {...control}
      />
    </Field>
  );
}

function TemplateHint({ fields }: { fields: string[] }) {
  return (
    <>
      A field goes in double braces:{' '}
      {fields
        .slice(0, 3)
        .map((field) => `{{${field}}}`)
        .join(', ')}
      {fields.length > 3 ? ', …' : ''}
    </>
  );
}

function action(connector: string, verb: string, parameters: Action['with']): Action {
  return { connector, connection: null, do: verb, honoursKeys: false, with: parameters };
}

function kindOf(value: Action | null): string {
  if (value === null) return '';
  return value.connector === 'http' ? 'http' : `${value.connector}.${value.do}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
