import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { isAt, personOfPage, signInAddress } from '#app/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { env } from '#lib/env.ts';
import { findableKinds } from '#lib/steps/find/find.ts';
import { placeInHouse } from '#lib/steps/live/live-house.ts';
import { readNeedsYou } from '#lib/steps/live/read-needs-you.ts';
import { countUnreadNotices } from '#lib/steps/notices/list-notices.ts';
import { Desk } from './desk.tsx';
import { HeldDesk } from './held-desk.tsx';
import { OwnCache } from './own-cache.tsx';

/** The frame of every page behind the sign-in. What a role can't use is not offered; the steps refuse it all the same. */
export default async function DeskLayout({ children }: { children: ReactNode }) {
  // Before anything is read: what changes from here on is told.
  const place = placeInHouse();
  const person = await personOfPage();
  // Before anything is sent: a page that is on its way has been answered with 200 already.
  if (person === null) redirect(await signInAddress());
  const { actor, email } = person;
  if (actor.held) {
    // Everything else refuses it: it is led to where it can do something about that.
    if (!(await isAt('/you'))) redirect('/you');
    return <HeldDesk>{children}</HeldDesk>;
  }
  const nav = [
    ...(may(actor, 'decide') ? [{ href: '/', label: 'Needs you', count: (await readNeedsYou(actor)).count }] : []),
    { href: '/batches', label: 'Batches' },
    ...(may(actor, 'see')
      ? [
          { href: '/datasets', label: 'Datasets' },
          { href: '/tasks', label: 'Tasks' },
          { href: '/shelf', label: 'Shelf' },
        ]
      : []),
    ...(may(actor, 'use_connections') ? [{ href: '/connections', label: 'Connections' }] : []),
    ...(may(actor, 'see_fleet') ? [{ href: '/admin', label: 'Admin' }] : []),
    // An admin finds it under Admin.
    ...(may(actor, 'security') && !may(actor, 'people') ? [{ href: '/security', label: 'Security' }] : []),
  ];
  return (
    <OwnCache key={actor.id} person={actor.id}>
      <Desk
        place={place}
        nav={nav}
        unread={await countUnreadNotices(actor)}
        person={{ id: actor.id, name: actor.name, role: actor.role, email }}
        kinds={findableKinds(actor)}
        tellsHere={env().SESSION_IDLE_MINUTES !== undefined}
      >
        {children}
      </Desk>
    </OwnCache>
  );
}
