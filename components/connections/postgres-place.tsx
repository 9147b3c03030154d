import type { ComponentProps, ReactNode } from 'react';
import { Field, Select } from '#components/ui/field.tsx';
import type { TlsMode } from '#lib/core/connections/postgres.ts';
import type { ConnectionDraft } from './connection-draft.ts';

const TLS: Record<TlsMode, string> = {
  'verify-full': 'TLS, its certificate and name checked',
  require: 'TLS, unchecked: who sits in between reads all of it',
  disable: 'None: who listens reads all of it',
};

type Props = {
  draft: ConnectionDraft;
  error: string | undefined;
  text: (name: keyof ConnectionDraft, more?: ComponentProps<'input'>) => ReactNode;
  onTls: (tls: TlsMode) => void;
};

/** Where a PostgreSQL is: its address in parts. */
export function PostgresPlace({ draft, error, text, onTls }: Props) {
  return (
    <>
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-[1fr_6rem]">
        <Field label="Host" hint="Actions that are approved go to the database that was approved, or not at all." error={error}>
          {text('host', {
            placeholder: 'db.example',
            required: true,
            pattern: '[^\\/?#@]+',
            title: 'A name or an address, and nothing else',
          })}
        </Field>
        <Field label="Port">
          {text('port', { inputMode: 'numeric', required: true, pattern: '\\s*[0-9]+\\s*', title: 'A whole number, in digits' })}
        </Field>
      </div>
      <Field label="Database">{text('database', { required: true })}</Field>
      <Field label="How the line is secured">
        <Select value={draft.tls} onChange={({ target }) => onTls(target.value as TlsMode)}>
          {Object.entries(TLS).map(([mode, words]) => (
            <option key={mode} value={mode}>
              {words}
            </option>
          ))}
        </Select>
      </Field>
    </>
  );
}
