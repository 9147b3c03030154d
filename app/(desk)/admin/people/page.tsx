import type { Metadata } from 'next';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { InvitationList } from '#components/people/invitation-list.tsx';
import { InviteForm } from '#components/people/invite-form.tsx';
import { PeopleList } from '#components/people/people-list.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatCount } from '#components/ui/format.ts';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { listPeople } from '#lib/steps/people/list-people.ts';
import {
  changeRoleAction,
  confirmPersonAction,
  disablePersonAction,
  enablePersonAction,
  invitePersonAction,
  withdrawInvitationAction,
} from './actions.ts';

export const metadata: Metadata = { title: 'People' };

export default async function PeoplePage() {
  const actor = await requireActor('/admin/people');
  if (!may(actor, 'people'))
    return <EmptyState level={1} title="Only an admin sees the people here" text="Ask an admin if your role should change." />;
  const { people, invitations } = await listPeople(actor);
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
        />
        <section aria-labelledby="invite" className="flex flex-col gap-3">
          <h2 id="invite" className="text-16 font-medium">
            Invite somebody
          </h2>
          <p className="text-muted">You get a link to hand over. Countersign sends no mail.</p>
          <InviteForm onInvite={invitePersonAction} />
          <InvitationList invitations={invitations} onWithdraw={withdrawInvitationAction} />
        </section>
      </div>
    </>
  );
}
