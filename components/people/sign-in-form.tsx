'use client';

import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { type AskedOfDevice, usePasskey } from '#components/account/device.ts';
import { CodeField } from '#components/account/proof.tsx';
import { Button } from '#components/ui/button.tsx';
import { buttonLook } from '#components/ui/button-look.ts';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { EntryFrame } from './entry-frame.tsx';

type Props = {
  onSignIn: (input: { email: string; password: string }) => Promise<Outcome<{ asksForCode: boolean }>>;
  onCode: (input: { code: string }) => Promise<Outcome>;
  onBegin: (nothing: object) => Promise<Outcome<AskedOfDevice>>;
  onPasskey: (passkey: unknown) => Promise<Outcome>;
  /** another place to sign in at, and the address that leads there; null where there is none */
  provider: { name: string; begin: string } | null;
  /** why that place did not lead in */
  refused: string | null;
  /** signed in: the caller goes on to the page that was asked for */
  onDone: () => void;
};

/** Sign in: address and password, then a code where the person has an authenticator app; or a passkey. */
export function SignInForm({ onSignIn, onCode, onBegin, onPasskey, provider, refused, onDone }: Props) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation(writing(['session', 'sign-in'], onSignIn));
  const withPasskey = useMutation(writing(['session', 'sign-in', 'passkey'], onPasskey));
  const device = usePasskey();
  const begin = async () => {
    const passkey = await device.use(onBegin);
    if (passkey) withPasskey.mutate(passkey, { onSuccess: onDone });
  };
  if (signIn.data?.asksForCode) return <CodeForm onCode={onCode} onDone={onDone} onBack={signIn.reset} />;
  const fault = withPasskey.error?.message ?? device.fault ?? refused;
  return (
    <EntryFrame title="Sign in">
      <form
        className="flex flex-col gap-4"
        // As an action, React keeps what is sent before the page's script is there: without it the browser would send the password in an address.
        action={(form) =>
          signIn.mutate(
            { email: String(form.get('email')), password: String(form.get('password')) },
            { onSuccess: ({ asksForCode }) => (asksForCode ? undefined : onDone()) },
          )
        }
      >
        <Field label="Mail address">
          <Input
            type="email"
            name="email"
            required
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Field label="Password" error={signIn.error?.message}>
          <Input
            type="password"
            name="password"
            required
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        <Button type="submit" early kind="primary" pending={signIn.isPending || signIn.isSuccess}>
          Continue
        </Button>
        <Button pending={device.waits || withPasskey.isPending || withPasskey.isSuccess} onClick={() => void begin()}>
          Sign in with a passkey
        </Button>
        {provider ? (
          // Not a page of ours: nothing of it is fetched before it is asked for.
          <a href={provider.begin} className={buttonLook('secondary', 'normal')}>
            Sign in with {provider.name}
          </a>
        ) : null}
        {fault ? (
          <p role="alert" className="text-red">
            {fault}
          </p>
        ) : null}
      </form>
    </EntryFrame>
  );
}

function CodeForm({ onCode, onDone, onBack }: Pick<Props, 'onCode' | 'onDone'> & { onBack: () => void }) {
  const [code, setCode] = useState('');
  const form = useRef<HTMLFormElement>(null);
  // Whoever typed the password has nothing else to do here.
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  const give = useMutation(writing(['session', 'sign-in', 'code'], onCode));
  return (
    <EntryFrame title="One more step" text="Your password was right. Give a code of your authenticator app.">
      <form
        ref={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          give.mutate({ code }, { onSuccess: onDone });
        }}
      >
        <CodeField code={code} error={give.error?.message} onChange={setCode} />
        <Button type="submit" early kind="primary" pending={give.isPending || give.isSuccess}>
          Continue
        </Button>
        <Button onClick={onBack}>Begin again</Button>
      </form>
    </EntryFrame>
  );
}
