import type { Metadata } from 'next';
import { personOfPage } from '#app/actor.ts';
import { safeNext } from '#app/next-path.ts';
import { beginPasskeySignInAction, signInAction, signInWithCodeAction, signInWithPasskeyAction } from '#app/session-actions.ts';
import { EntryFrame } from '#components/people/entry-frame.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { providerName, refusalWords } from '#lib/auth/oidc.ts';
import { readFirstVisit } from '#lib/steps/people/read-setup-link.ts';
import { SignIn } from './sign-in.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<{ next?: string | string[]; refused?: string | string[] }>;
}) {
  const { next: to, refused } = await searchParams;
  const next = safeNext(to);
  const person = await personOfPage();
  if (person) {
    return (
      <EntryFrame title={`You are signed in as ${person.actor.name}`}>
        <ButtonLink kind="primary" href={next}>
          Continue
        </ButtonLink>
      </EntryFrame>
    );
  }
  if (await readFirstVisit()) {
    return (
      <EntryFrame
        title="Nobody can sign in yet"
        text="The server printed a link where it was started, in the line that begins with “setup”. Open that link to become the admin. If the link is lost, start the server again: it prints a new one."
      >
        {null}
      </EntryFrame>
    );
  }
  return (
    <SignIn
      next={next}
      onSignIn={signInAction}
      onCode={signInWithCodeAction}
      onBegin={beginPasskeySignInAction}
      onPasskey={signInWithPasskeyAction}
      provider={providerName()}
      refused={refusalWords(refused)}
    />
  );
}
