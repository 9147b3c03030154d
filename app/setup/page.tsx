import type { Metadata } from 'next';
import { personOfPage } from '#app/actor.ts';
import { acceptResetLinkAction, acceptSetupLinkAction } from '#app/session-actions.ts';
import { EntryFrame } from '#components/people/entry-frame.tsx';
import { ROLE_WORDS } from '#components/people/roles.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { CountersignError } from '#lib/core/errors.ts';
import { PASSWORD_CHARS_MIN } from '#lib/core/limits.ts';
import { type OpenLink, readSetupLink } from '#lib/steps/people/read-setup-link.ts';
import { Reset } from './reset.tsx';
import { Setup } from './setup.tsx';

// The token is in this page's address: it must not travel on in a Referer.
export const metadata: Metadata = { title: 'Set up your account', referrer: 'no-referrer' };

export default async function SetupPage({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const given = (await searchParams).token;
  const token = typeof given === 'string' ? given : '';
  const person = await personOfPage();
  if (person) {
    return (
      <EntryFrame title={`You are signed in as ${person.actor.name}`} text="To use this link for somebody else, sign out first.">
        <ButtonLink kind="primary" href="/">
          Continue
        </ButtonLink>
      </EntryFrame>
    );
  }
  const link = await linkOrReason(token);
  if (typeof link === 'string') {
    return (
      <EntryFrame title="This link does not open" text={link}>
        <ButtonLink href="/sign-in">Sign in</ButtonLink>
      </EntryFrame>
    );
  }
  if (link.resets !== null) {
    return <Reset token={token} name={link.resets.name} passwordCharsMin={PASSWORD_CHARS_MIN} onAccept={acceptResetLinkAction} />;
  }
  return (
    <Setup
      token={token}
      title={link.email === null ? 'Become the admin' : 'Set up your account'}
      text={`Your role: ${link.role} (${ROLE_WORDS[link.role]}). This link works once.`}
      email={link.email}
      passwordCharsMin={PASSWORD_CHARS_MIN}
      onAccept={acceptSetupLinkAction}
    />
  );
}

async function linkOrReason(token: string): Promise<OpenLink | string> {
  try {
    return await readSetupLink({ token });
  } catch (error) {
    if (error instanceof CountersignError) return error.message;
    throw error;
  }
}
