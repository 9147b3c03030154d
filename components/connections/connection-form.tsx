'use client';

import { type ComponentProps, useEffect, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Checkbox, Field, Input, Select } from '#components/ui/field.tsx';
import { type AuthKind, isByRefresh } from '#lib/core/connections/auth.ts';
import type { Problem } from '#lib/core/errors.ts';
import { CONNECTION_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { PROVIDER_WORDS } from '#lib/core/models/model.ts';
import type { Connection } from '#lib/shapes/connections.ts';
import type { ConnectableKind } from '#lib/steps/connections/read-connections.ts';
import { type ConnectionDraft, draftOf, KINDS } from './connection-draft.ts';
import { ModelPart } from './model-part.tsx';
import { PostgresPlace } from './postgres-place.tsx';

type Props = {
  /** null for a new one */
  connection: Connection | null;
  /** what a new one may be; the connection's own kind */
  kinds: readonly ConnectableKind[];
  pending: boolean;
  error: string | null;
  problems: readonly Problem[];
  onSave: (draft: ConnectionDraft) => void;
};

/** Every part of a connection; its secret goes in and never comes out. */
export function ConnectionForm({ connection, kinds, pending, error, problems, onSave }: Props) {
  const [draft, setDraft] = useState(() => draftOf(connection, kinds[0] ?? UNKNOWN_KIND));
  const form = kinds.find(({ connector }) => connector === draft.connector) ?? UNKNOWN_KIND;
  const isDatabase = form.place === 'database';
  const fields = useRef<HTMLFormElement>(null);
  // The button is at the end of a long form, and what was refused is seldom beside it.
  useEffect(() => {
    if (problems.length > 0) fields.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [problems]);
  const { kind } = draft;
  const set = (part: Partial<ConnectionDraft>) => setDraft({ ...draft, ...part });
  const toldOf = (...places: string[]) =>
    problems.find(({ path }) => places.some((place) => path === place || path.startsWith(`${place}.`)))?.message;
  const text = (name: keyof ConnectionDraft, more: ComponentProps<typeof Input> = {}) => (
    <Input
      value={String(draft[name])}
      autoComplete="off"
      spellCheck={false}
      onChange={({ target }) => set({ [name]: target.value })}
      {...more}
    />
  );
  const number = (name: keyof ConnectionDraft, more: ComponentProps<typeof Input> = {}) =>
    text(name, { inputMode: 'numeric', pattern: '\\s*[0-9]+\\s*', title: 'A whole number, in digits', ...more });
  const placed = ['name', 'connector', 'address', 'auth', 'secrets', 'limits', 'keys', 'inspect', 'success', 'model'];
  const elsewhere =
    error !== null && !problems.some(({ path }) => placed.some((place) => path === place || path.startsWith(`${place}.`)));
  return (
    <form
      ref={fields}
      className="flex max-w-2xl flex-col gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(draft);
      }}
    >
      <Part title="Where it is">
        {connection === null && kinds.length > 1 ? (
          <Field label="What it leads to">
            <Select
              value={draft.connector}
              onChange={({ target }) => {
                const kind = kinds.find(({ connector }) => connector === target.value);
                if (kind) set({ connector: kind.connector, kind: kind.auth[0] ?? 'none', secret: '' });
              }}
            >
              {kinds.map(({ connector, words }) => (
                <option key={connector} value={connector}>
                  {words}
                </option>
              ))}
            </Select>
          </Field>
        ) : null}
        {connection === null ? (
          <Field label="Name" hint="Plans and receipts name it so; it can’t be changed later." error={toldOf('name')}>
            {text('name', { maxLength: CONNECTION_NAME_CHARS_MAX, required: true })}
          </Field>
        ) : null}
        {isDatabase ? (
          <PostgresPlace {...{ draft, text }} error={toldOf('address')} onTls={(tls) => set({ tls })} />
        ) : (
          <Field
            label="Address"
            hint={
              connection === null
                ? form.addressHint
                : form.model
                  ? form.addressHint
                  : 'Actions that are approved go to the address that was approved, or not at all.'
            }
            error={toldOf('address')}
          >
            {text('address', { placeholder: form.model ? PROVIDER_WORDS[draft.provider].address : form.address, required: true })}
          </Field>
        )}
      </Part>
      {form.model ? <ModelPart {...{ draft, text, number, toldOf }} onProvider={(provider) => set({ provider })} /> : null}
      <Part title="How one signs in">
        {form.auth.length > 1 ? (
          <Field label="Kind" error={toldOf('auth.kind')}>
            <Select value={draft.kind} onChange={({ target }) => set({ kind: target.value as AuthKind, secret: '' })}>
              {form.auth.map((kind) => (
                <option key={kind} value={kind}>
                  {KINDS[kind].words}
                </option>
              ))}
            </Select>
          </Field>
        ) : null}
        {kind === 'basic' || (kind === 'oauth2' && form.mailbox) ? (
          <Field
            label="User name"
            hint={form.mailbox ? 'Whose mailbox it is: often the whole mail address.' : undefined}
            error={toldOf('auth.username')}
          >
            {text('username', { required: true })}
          </Field>
        ) : null}
        {kind === 'header' ? (
          <Field label="Name of the header" error={toldOf('auth.header')}>
            {text('header', { required: true })}
          </Field>
        ) : null}
        {kind === 'query' ? (
          <Field label="Name of the parameter" error={toldOf('auth.parameter')}>
            {text('parameter', { required: true })}
          </Field>
        ) : null}
        {kind === 'oauth2' ? (
          <>
            <Field label="Address that gives tokens" error={toldOf('auth.tokenUrl')}>
              {text('tokenUrl', { placeholder: 'https://login.example/token', required: true })}
            </Field>
            <Field label="Client id" error={toldOf('auth.clientId')}>
              {text('clientId', { required: true })}
            </Field>
            <Field label="Scope (empty: none)" error={toldOf('auth.scope')}>
              {text('scope', { placeholder: form.mailbox ? 'https://outlook.office365.com/.default' : '' })}
            </Field>
            <Field
              label="A token is given for"
              hint="A refresh token comes of a person’s consent to this client. It is kept as it is given here: one that its giver replaces is not."
              error={toldOf('auth.grant')}
            >
              <Select
                value={draft.byRefresh ? 'refresh_token' : 'client_credentials'}
                onChange={({ target }) => set({ byRefresh: target.value === 'refresh_token', secret: '', clientSecret: '' })}
              >
                <option value="client_credentials">the client’s own secret</option>
                <option value="refresh_token">a refresh token</option>
              </Select>
            </Field>
          </>
        ) : null}
        <Secret {...{ connection, kind }} byRefresh={draft.byRefresh} error={toldOf('secrets')}>
          {text('secret', { type: 'password', autoComplete: 'new-password' })}
        </Secret>
        {kind === 'oauth2' && draft.byRefresh ? (
          <Field
            label="Client secret (empty: the client has none)"
            hint="It is given with the refresh token, and replaced with it."
            error={toldOf('secrets.clientSecret')}
          >
            {text('clientSecret', { type: 'password', autoComplete: 'new-password' })}
          </Field>
        ) : null}
      </Part>
      <Part title="How much it bears, over all workers">
        <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-3">
          <Field label="Requests at once (empty: any)" error={toldOf('limits.concurrency')}>
            {number('concurrency')}
          </Field>
          <Field label="Requests (empty: any)" hint="They are spread evenly." error={toldOf('limits.windows')}>
            {number('requests')}
          </Field>
          <Field label="in so many seconds">{number('seconds')}</Field>
        </div>
      </Part>
      {form.model ? null : (
        <Part title={form.promises ? 'What it promises' : 'What is done there'}>
          {form.promises ? (
            <>
              <Checkbox
                label="It ignores a repeat with the same Idempotency-Key"
                hint="Then an interrupted request is sent again with its key. Otherwise a person is asked what became of it."
                checked={draft.keys}
                onChange={({ target }) => set({ keys: target.checked })}
              />
              {draft.keys ? (
                <Field label="For so many hours (empty: for ever)" error={toldOf('keys')}>
                  {number('forHours', { pattern: '\\s*[0-9]+([.][0-9]+)?\\s*', title: 'A number, such as 24' })}
                </Field>
              ) : null}
              <Field
                label="Where it says what became of a request (empty: nowhere)"
                hint="A GET under the address. {{idempotencyKey}} stands for the key of the request; 200 means that it happened."
                error={toldOf('inspect')}
              >
                {text('inspectUrl', { placeholder: 'by-key/{{idempotencyKey}}' })}
              </Field>
              <Field label="What an answer that counts as done contains (empty: anything)" error={toldOf('success')}>
                {text('contains')}
              </Field>
            </>
          ) : null}
          <Checkbox
            label={form.promises ? 'What is done there can’t be taken back' : 'It can’t be taken back'}
            hint="Then approvals ask more carefully."
            checked={draft.permanent}
            onChange={({ target }) => set({ permanent: target.checked })}
          />
        </Part>
      )}
      <Part title="Who may plan with it">
        <Checkbox
          label="Operators too"
          hint="Admins always may. Nobody can read its secret."
          checked={draft.operators}
          onChange={({ target }) => set({ operators: target.checked })}
        />
      </Part>
      {elsewhere ? (
        <p role="alert" className="text-red">
          {error}
        </p>
      ) : null}
      <div>
        <Button type="submit" kind="primary" pending={pending}>
          {connection === null ? 'Add connection' : 'Save changes'}
        </Button>
      </div>
    </form>
  );
}

/** Of a connector that this version does not know. */
const UNKNOWN_KIND: ConnectableKind = {
  ...{ connector: '', words: '', place: 'address', address: '', addressHint: '', auth: Object.keys(KINDS) as AuthKind[] },
  ...{ promises: true, mailbox: false, test: null, source: null },
};

function Secret({
  connection,
  kind,
  byRefresh,
  error,
  children,
}: {
  connection: Connection | null;
  kind: AuthKind;
  byRefresh: boolean;
  error: string | undefined;
  children: ComponentProps<typeof Field>['children'];
}) {
  const words = kind === 'oauth2' && byRefresh ? 'Refresh token' : KINDS[kind].secret;
  if (words === null) return null;
  const was = connection?.auth;
  const set = was?.kind === kind && isByRefresh(was) === (kind === 'oauth2' && byRefresh) ? was.secret : null;
  return (
    <Field
      label={set ? `New ${words.charAt(0).toLowerCase()}${words.slice(1)} (empty: version ${set.version} stays)` : words}
      hint={
        set
          ? 'The one before ends at once; what is approved is sent with the new one.'
          : 'It is encrypted, and never shown again.'
      }
      error={error}
    >
      {children}
    </Field>
  );
}

function Part({ title, children }: { title: string; children: ComponentProps<'fieldset'>['children'] }) {
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-2 text-16 font-medium">{title}</legend>
      {children}
    </fieldset>
  );
}
