'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { useProven } from './proof.tsx';
import { QrCode } from './qr-code.tsx';

type Codes = { codes: string[] };

type Props = {
  /** whether there is one */
  app: boolean;
  /** whether the page is read again once there is one: not where another one would take its place, and the codes with it */
  refreshes: boolean;
  onBegin: (nothing: Record<string, never>) => Promise<Outcome<{ uri: string; typed: string }>>;
  onConfirm: (given: { code: string }) => Promise<Outcome<Codes>>;
  onCodes: (nothing: Record<string, never>) => Promise<Outcome<Codes>>;
  onRemove: (nothing: Record<string, never>) => Promise<Outcome>;
};

/** One’s own authenticator app: set up by a code of it, with codes for when it is lost, and removed. */
export function AppSetup({ app, refreshes, onBegin, onConfirm, onCodes, onRemove }: Props) {
  const proven = useProven();
  const router = useRouter();
  const [removing, setRemoving] = useState(false);
  const [renewing, setRenewing] = useState(false);
  const [code, setCode] = useState('');
  const begin = useMutation(writing(['account', 'app', 'begin'], () => proven(() => onBegin({}))));
  const confirm = useMutation(
    writing(['account', 'app', 'confirm'], (given: { code: string }) => proven(() => onConfirm(given))),
  );
  const anew = useMutation(writing(['account', 'app', 'codes'], () => proven(() => onCodes({}))));
  const remove = useMutation(writing(['account', 'app', 'remove'], () => proven(() => onRemove({}))));
  const codes = anew.data?.codes ?? confirm.data?.codes;
  const { error } = begin;
  return (
    <div className="flex max-w-2xl flex-col gap-3">
      {app || confirm.data ? (
        <>
          <p>
            <span className="text-green">✔</span> Signing in asks for a code of your authenticator app.
          </p>
          {codes ? <BackupCodes codes={codes} /> : null}
          <p className="flex flex-wrap gap-2">
            <Button onClick={() => setRenewing(true)}>New backup codes…</Button>
            <Button onClick={() => setRemoving(true)}>Remove the app…</Button>
          </p>
          <ConfirmDialog
            open={renewing}
            onClose={() => setRenewing(false)}
            title="Make new backup codes?"
            description="The ones from before end at once, those that you have kept or written down too. The new ones are shown once."
            confirm="Make new codes"
            pending={anew.isPending}
            error={anew.error?.message ?? null}
            onConfirm={() => anew.mutate(undefined, { onSuccess: () => setRenewing(false) })}
          />
          <ConfirmDialog
            open={removing}
            onClose={() => setRemoving(false)}
            title="Remove the authenticator app?"
            description="Signing in asks for your password alone then, and the backup codes are gone. Where a plan asks for a second factor, you can’t approve without another one."
            confirm="Remove the app"
            kind="danger"
            pending={remove.isPending}
            error={remove.error?.message ?? null}
            onConfirm={() =>
              remove.mutate(undefined, {
                onSuccess: () => {
                  setRemoving(false);
                  begin.reset();
                  confirm.reset();
                  anew.reset();
                },
              })
            }
          />
        </>
      ) : begin.data ? (
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            confirm.mutate(
              { code },
              {
                onSuccess: () => {
                  setCode('');
                  if (refreshes) router.refresh();
                },
              },
            );
          }}
        >
          <p>
            Scan this with the app, type the key into it, or{' '}
            <a href={begin.data.uri} className="underline underline-offset-2">
              open the app of this device
            </a>
            .
          </p>
          <QrCode text={begin.data.uri} label="QR code for your authenticator app" />
          <Field label="Key" hint="Whoever has it makes your codes. It is not shown again.">
            <Input readOnly value={begin.data.typed} className="font-mono" />
          </Field>
          <Field
            label="Code that the app shows now"
            className="max-w-xs"
            error={confirm.error?.message}
            hint="Your other browsers are signed out then."
          >
            <Input
              required
              autoComplete="one-time-code"
              inputMode="numeric"
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          </Field>
          <p>
            <Button type="submit" kind="primary" pending={confirm.isPending}>
              Use this app
            </Button>
          </p>
        </form>
      ) : (
        <p>
          <Button pending={begin.isPending} onClick={() => begin.mutate()}>
            Set up an authenticator app
          </Button>
        </p>
      )}
      {error ? (
        <p role="alert" className="text-red">
          {error.message}
        </p>
      ) : null}
    </div>
  );
}

/** Shown once. */
function BackupCodes({ codes }: { codes: string[] }) {
  return (
    <div className="flex flex-col gap-2 rounded-md border border-green bg-surface p-3">
      <p role="status">
        Keep these codes where you find them without the app. Each works once in the place of a code. They are not shown again.
        Codes from before no longer work.
      </p>
      <ul aria-label="Backup codes" className="grid grid-cols-2 gap-x-6 font-mono select-all sm:grid-cols-5">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </div>
  );
}
