'use client';

import { useMutation } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { FACTORS, type Factor } from '#lib/core/people/factors.ts';
import type { Proving } from '#lib/steps/factors/prove.ts';
import { type AskedOfDevice, usePasskey } from './device.ts';

type Acts = { onProve: (proof: Proving) => Promise<Outcome>; onBegin: (nothing: object) => Promise<Outcome<AskedOfDevice>> };

/** What is asked at the moment: with what the person can prove it, and who waits for the answer. */
type Asking = { can: Factor[]; answer: (proven: boolean) => void };

const Asks = createContext<(can: Factor[]) => Promise<boolean>>(async () => false);

/** Asks a person again who they are where the server wants to know, above whatever is open. */
export function ProofOf({ children, ...acts }: Acts & { children: ReactNode }) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const ask = useCallback((can: Factor[]) => new Promise<boolean>((answer) => setAsking({ can, answer })), []);
  const end = (proven: boolean) => {
    asking?.answer(proven);
    setAsking(null);
  };
  return (
    <Asks value={ask}>
      {children}
      {asking ? <ProofDialog {...acts} can={asking.can} onEnd={end} /> : null}
    </Asks>
  );
}

/**
 * Does something that the server may want a proof for: if it does, the person is asked, and it is done again. Whoever gives none gets the server’s refusal. Nothing was
 * done at the first time.
 */
export function useProven() {
  const ask = useContext(Asks);
  return useCallback(
    async <Value,>(act: () => Promise<Outcome<Value>>): Promise<Outcome<Value>> => {
      const outcome = await act();
      if (outcome.ok || outcome.code !== 'unproven') return outcome;
      const named = outcome.facts?.proof;
      const can = FACTORS.filter((factor) => Array.isArray(named) && named.includes(factor));
      return (await ask(can)) ? act() : outcome;
    },
    [ask],
  );
}

const WAYS: Record<Factor, string> = { totp: 'Give a code', passkey: 'Use a passkey', password: 'Give your password' };

function ProofDialog({ can, onProve, onBegin, onEnd }: Acts & { can: Factor[]; onEnd: (proven: boolean) => void }) {
  const [way, setWay] = useState<Factor | undefined>((['passkey', 'totp', 'password'] as const).find((one) => can.includes(one)));
  const [typed, setTyped] = useState('');
  const prove = useMutation(writing(['account', 'prove'], onProve));
  const device = usePasskey();
  const yes = { onSuccess: () => onEnd(true) };
  const withPasskey = async () => {
    const passkey = await device.use(onBegin);
    if (passkey) prove.mutate({ passkey }, yes);
  };
  const send = () => {
    if (way === 'passkey') void withPasskey();
    else prove.mutate(way === 'totp' ? { code: typed } : { password: typed }, yes);
  };
  if (way === undefined) return <NoFactor onClose={() => onEnd(false)} />;
  const fault = prove.error?.message ?? device.fault;
  return (
    <Dialog
      open
      onClose={() => onEnd(false)}
      title="Is it you?"
      description="What you are about to do wants a fresh proof. It counts for ten minutes in this browser."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {way === 'passkey' ? (
          <p>Your device asks you to unlock it.</p>
        ) : way === 'totp' ? (
          <CodeField code={typed} onChange={setTyped} />
        ) : (
          <Field label="Your password">
            <Input
              type="password"
              required
              autoComplete="current-password"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </Field>
        )}
        {fault ? (
          <p role="alert" className="text-red">
            {fault}
          </p>
        ) : null}
        <p className="flex flex-wrap gap-2">
          <Button type="submit" kind="primary" pending={prove.isPending || device.waits}>
            {way === 'passkey' ? 'Use your passkey' : 'Continue'}
          </Button>
          {can
            .filter((one) => one !== way)
            .map((one) => (
              <Button
                key={one}
                onClick={() => {
                  setWay(one);
                  setTyped('');
                  prove.reset();
                }}
              >
                {WAYS[one]}
              </Button>
            ))}
          <Button onClick={() => onEnd(false)}>Cancel</Button>
        </p>
      </form>
    </Dialog>
  );
}

/** Of an authenticator app, or one of those for when it is lost. */
export function CodeField({ code, error, onChange }: { code: string; error?: ReactNode; onChange: (code: string) => void }) {
  return (
    <Field label="Code" hint="Six digits of your authenticator app, or one of your backup codes." error={error}>
      <Input
        name="code"
        required
        autoComplete="one-time-code"
        spellCheck={false}
        value={code}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

function NoFactor({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="You have no second factor yet"
      description="This asks for one: a code of an authenticator app, or a passkey. Nothing was done."
      footer={
        <>
          <ButtonLink kind="primary" href="/you#second-factor">
            Set one up
          </ButtonLink>
          <Button onClick={onClose}>Cancel</Button>
        </>
      }
    />
  );
}
