import type { Metadata } from 'next';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { NoticeChoices } from '#components/notices/notice-choices.tsx';
import { NoticeList } from '#components/notices/notice-list.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { readNoticeChoices } from '#lib/steps/notices/choose-notices.ts';
import { countUnreadNotices, listNotices } from '#lib/steps/notices/list-notices.ts';
import { chooseNoticesAction } from './actions.ts';
import { ReadAll } from './read-all.tsx';

export const metadata: Metadata = { title: 'Notices' };

const SHOWN = { topics: ['notices'] } as const;

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function NoticesPage({ searchParams }: Props) {
  const { before } = await searchParams;
  const cursor = typeof before === 'string' && /^\d{1,18}$/.test(before) ? before : null;
  const actor = await requireActor(cursor === null ? '/notices' : `/notices?before=${cursor}`);
  const [{ items, next }, unread, { choices, mail }] = await Promise.all([
    listNotices(actor, { cursor }),
    countUnreadNotices(actor),
    readNoticeChoices(actor),
  ]);
  const [newest] = items;
  return (
    <>
      <Follow shows={SHOWN} />
      <PageHeader
        title="Notices"
        meta={unread > 0 ? `${unread} not read` : 'what you were told'}
        actions={newest && unread > 0 ? <ReadAll upTo={newest.id} /> : null}
      />
      {items.length > 0 ? (
        <NoticeList notices={items} />
      ) : (
        <EmptyState
          title="Nothing to tell"
          text="You are told here, and by mail if you want, when chunks wait for you, an incident opens, or a batch that you started is finished."
        />
      )}
      <NextPage href={next === null ? null : `/notices?before=${next}`} />
      <NoticeChoices choices={choices} mail={mail} onChoose={chooseNoticesAction} />
    </>
  );
}
