import { classes } from './classes.ts';
import { formatCount } from './format.ts';
import { Link } from './link.tsx';
import { TONE_TEXT } from './state-badge.tsx';

export type TabLink = { href: string; label: string; here: boolean; count?: number };

/** Parts of one page that have an address each. The one that is shown is marked for eyes and ears. */
export function TabLinks({ label, tabs }: { label: string; tabs: TabLink[] }) {
  return (
    <nav aria-label={label} className="-mb-px flex gap-1 overflow-x-auto border-b border-hairline">
      {tabs.map(({ href, label: word, here, count }) => (
        <Link
          key={href}
          href={href}
          scroll={false}
          aria-current={here ? 'page' : undefined}
          className={classes(
            'flex h-9 items-center gap-1.5 border-b-2 px-3 whitespace-nowrap transition-colors pointer-coarse:min-h-11',
            here ? 'border-accent font-medium text-text' : 'border-transparent text-muted hover:text-text',
          )}
        >
          {word}
          {count ? <span className={classes('text-12', TONE_TEXT.magenta)}>{formatCount(count)}</span> : null}
        </Link>
      ))}
    </nav>
  );
}
