import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { NoticeShown } from '#lib/shapes/notices.ts';

/** What a person was told, the newest first: each leads to what it is about, what nobody read yet stands out, and what is over says so. */
export function NoticeList({ notices }: { notices: NoticeShown[] }) {
  return (
    <ul aria-label="Notices" className="rounded-md border border-hairline">
      {notices.map(({ id, title, path, at, read, over, state }) => {
        const fresh = !read && !over;
        return (
          <li key={id} className="border-b border-hairline last:border-b-0">
            <Link href={path} className="flex min-h-11 items-baseline gap-3 px-3 py-2 hover:bg-surface">
              <span className={fresh ? 'text-accent' : 'text-transparent'} aria-hidden="true">
                ●
              </span>
              <span className="min-w-0 flex-1">
                <span className={fresh ? 'font-medium break-words' : 'break-words text-muted'}>
                  {fresh ? <span className="sr-only">Not read: </span> : null}
                  {title}
                </span>
                <span className="block text-12 text-muted">
                  <Instant iso={at} />
                  {over ? ' · over' : ''}
                  {state === 'sent' ? ' · mailed' : ''}
                  {state === 'given_up' ? ' · could not be mailed' : ''}
                </span>
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
