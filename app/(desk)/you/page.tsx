import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { AppSetup } from '#components/account/app-setup.tsx';
import { HeldNotice } from '#components/account/held-notice.tsx';
import { PasskeyList } from '#components/account/passkey-list.tsx';
import { PasswordForm } from '#components/account/password-form.tsx';
import { SessionList } from '#components/account/session-list.tsx';
import { KeyForm } from '#components/keys/key-form.tsx';
import { KeyList } from '#components/keys/key-list.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { covers } from '#lib/auth/authorise.ts';
import { KEY_DAYS_MAX, PAGE_ITEMS_MAX, PASSWORD_CHARS_MIN } from '#lib/core/limits.ts';
import { KEY_ROLES } from '#lib/core/people/roles.ts';
import { listFactors } from '#lib/steps/factors/own-passkeys.ts';
import { listKeys } from '#lib/steps/keys/list-keys.ts';
import { listSessions } from '#lib/steps/sessions/own-sessions.ts';
import {
  addOwnPasskeyAction,
  beginOwnAppAction,
  beginOwnPasskeyAction,
  changePasswordAction,
  confirmOwnAppAction,
  endOtherSessionsAction,
  endSessionAction,
  giveFactorAction,
  makeKeyAction,
  makeOwnBackupCodesAction,
  removeOwnAppAction,
  removeOwnPasskeyAction,
  revokeKeyAction,
} from './actions.ts';

export const metadata: Metadata = { title: 'Your account' };

export default async function AccountPage() {
  const actor = await requireActor('/you');
  const [sessions, factors, keys] = await Promise.all([
    listSessions(actor),
    listFactors(actor),
    actor.held ? null : listKeys(actor, { limit: PAGE_ITEMS_MAX }),
  ]);
  const has = factors.app || factors.passkeys.length > 0;
  return (
    <>
      <PageHeader title="Your account" meta={`${actor.name}, ${actor.role}`} />
      {actor.held ? <HeldNotice has={has} onGive={giveFactorAction} /> : null}
      <div className="flex flex-col gap-10">
        <section aria-labelledby="sessions" className="flex flex-col gap-3">
          <h2 id="sessions" className="text-16 font-medium">
            Where you are signed in
          </h2>
          <SessionList sessions={sessions} onEnd={endSessionAction} onEndOthers={endOtherSessionsAction} />
        </section>
        <section aria-labelledby="password" className="flex flex-col gap-3">
          <h2 id="password" className="text-16 font-medium">
            Password
          </h2>
          <PasswordForm passwordCharsMin={PASSWORD_CHARS_MIN} onChange={changePasswordAction} />
        </section>
        <section
          aria-labelledby="second-factor"
          className={actor.held ? 'order-first flex flex-col gap-3' : 'flex flex-col gap-3'}
        >
          <h2 id="second-factor" className="text-16 font-medium">
            Second factor
          </h2>
          <p className="max-w-2xl text-muted">
            With one, whoever has your password is not yet you. A plan may ask for it where you approve, release the rest, or
            answer for what is uncertain: the receipt names it.
          </p>
          <AppSetup
            app={factors.app}
            refreshes={!actor.held}
            onBegin={beginOwnAppAction}
            onConfirm={confirmOwnAppAction}
            onCodes={makeOwnBackupCodesAction}
            onRemove={removeOwnAppAction}
          />
          <p className="mt-2 max-w-2xl text-muted">
            A passkey is kept by your device or your password manager. It signs you in without a password, and proves who you are
            where a second factor is asked for.
          </p>
          <PasskeyList
            passkeys={factors.passkeys}
            onBegin={beginOwnPasskeyAction}
            onAdd={addOwnPasskeyAction}
            onRemove={removeOwnPasskeyAction}
          />
        </section>
        {keys === null ? null : (
          <section aria-labelledby="keys" className="flex flex-col gap-3">
            <h2 id="keys" className="text-16 font-medium">
              API keys
            </h2>
            <p className="max-w-2xl text-muted">
              A key lets a program act for you over REST at <code>/api/v1</code>; one that acts as an agent is taken over MCP at{' '}
              <code>/mcp</code> too. It never does more than you may, and it ends when it expires, when you revoke it, and when
              your account is disabled. Receipts name it, and you as its owner.
            </p>
            <KeyForm roles={KEY_ROLES.filter((role) => covers(actor.role, role))} daysMax={KEY_DAYS_MAX} onMake={makeKeyAction} />
            <KeyList keys={keys.items} owners={false} onRevoke={revokeKeyAction} />
          </section>
        )}
      </div>
    </>
  );
}
