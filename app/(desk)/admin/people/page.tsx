import type { Metadata } from 'next';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { InvitationList } from '#components/people/invitation-list.tsx';
import { InviteForm } from '#components/people/invite-form.tsx';
import { PeopleList } from '#components/people/people-list.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { hasKeyOfEnvironment } from '#lib/auth/who.ts';
import { listPeople } from '#lib/steps/people/list-people.ts';
import {
  changeRoleAction,
  confirmPersonAction,
  disablePersonAction,
  enablePersonAction,
  invitePersonAction,
  makeResetLinkAction,
  removePersonAction,
  resetFactorsAction,
  withdrawInvitationAction,
} from './actions.ts';

export const metadata: Metadata = { title: 'People' };

export default async function PeoplePage() {
  const actor = await requireActor('/admin/people');
  if (!may(actor, 'people'))
    return <EmptyState level={1} title="Only an admin sees the people here" text="Ask an admin if your role should change." />;
  const { people, invitations } = await listPeople(actor);
  const keyOfEnvironment = hasKeyOfEnvironment();
  const able = people.filter(({ disabledAt }) => disabledAt === null).length;
  return (
    <>
      <Follow shows={{ topics: ['people'] }} />
      <PageHeader title="People" meta={`${formatCount(able)} ${able === 1 ? 'person' : 'people'} can sign in`} />
      <div className="flex flex-col gap-8">
        <PeopleList
          people={people}
          onRole={changeRoleAction}
          onDisable={disablePersonAction}
          onEnable={enablePersonAction}
          onConfirm={confirmPersonAction}
          onReset={makeResetLinkAction}
          onResetFactors={resetFactorsAction}
          onRemove={removePersonAction}
        />
        {keyOfEnvironment ? (
          <Banner kind="warning">
            ADMIN_API_KEY is set: whoever knows it is an admin, and it is nobody’s, so disabling a person does not end it. It is
            for the first steps. Make keys of people instead (
            <Link href="/admin/keys" className="underline underline-offset-2">
              API keys
            </Link>
            ), and start without it.
          </Banner>
        ) : null}
        <section aria-labelledby="invite" className="flex flex-col gap-3">
          <h2 id="invite" className="text-16 font-medium">
            Invite somebody
          </h2>
          <p className="text-muted">You get a link to hand over. It is not sent by mail.</p>
          <InviteForm onInvite={invitePersonAction} />
          <InvitationList invitations={invitations} onWithdraw={withdrawInvitationAction} />
        </section>
      </div>
    </>
  );
}
