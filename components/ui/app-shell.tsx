'use client';

import { Search } from 'lucide-react';
import { usePathname } from 'next/navigation';
import { useTheme } from 'next-themes';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { classes } from './classes.ts';
import { formatCount } from './format.ts';
import { Kbd } from './kbd.tsx';
import { Link } from './link.tsx';
import { Mark } from './mark.tsx';
import { Menu, type MenuItem } from './menu.tsx';
import { PaletteActions, type PaletteCommand } from './palette-actions.tsx';
import { SignedOutBanner } from './signed-out-banner.tsx';

export type NavItem = { href: string; label: string; count?: number };
export type ShellPerson = { name: string; role: string; email?: string };

type Props = {
  nav: NavItem[];
  person: ShellPerson;
  /** the palette, which offers the navigation, the themes and signing out besides what it finds */
  palette: (of: { open: boolean; onOpen: (open: boolean) => void; commands: PaletteCommand[] }) => ReactNode;
  onSignOut: () => void;
  children: ReactNode;
};

/** The frame of every page behind the sign-in: navigation, palette, person. The page itself brings its `h1`. */
export function AppShell({ nav, person, palette, onSignOut, children }: Props) {
  const [open, setOpen] = useState(false);
  const { theme, setTheme } = useTheme();
  const main = useFocusOnArrival();
  const apple = useApple();
  const onOpen = useCallback((next: boolean) => setOpen(next), []);
  const all = useMemo<PaletteCommand[]>(
    () => [
      ...nav.map((item) => ({ id: `go:${item.href}`, label: item.label, group: 'Go to', href: item.href })),
      ...THEMES.map(({ id, label }) => ({
        id: `theme:${id}`,
        label: `${label} theme`,
        group: 'Appearance',
        run: () => setTheme(id),
      })),
      { id: 'sign-out', label: 'Sign out', group: 'You', run: onSignOut },
    ],
    [nav, setTheme, onSignOut],
  );
  const personMenu: MenuItem[] = [
    { id: 'who', heading: `${person.name}, ${person.role}${person.email ? ` · ${person.email}` : ''}` },
    ...THEMES.map(({ id, label }) => ({ id, label: `${label} theme`, checked: theme === id, onSelect: () => setTheme(id) })),
    { id: 'sign-out', label: 'Sign out', onSelect: onSignOut },
  ];

  return (
    <PaletteActions>
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-tone focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-4 border-b border-hairline bg-background px-4">
        <Link href="/" className="flex shrink-0 items-center gap-2 rounded-md font-medium">
          <Mark />
          <span className="max-lg:sr-only">Countersign</span>
        </Link>
        <NavLinks nav={nav} className="hidden flex-1 items-center gap-1 sm:flex" />
        <span className="flex-1 sm:hidden" />
        <button
          type="button"
          onClick={() => setOpen(true)}
          aria-haspopup="dialog"
          aria-keyshortcuts="Control+K Meta+K"
          className="flex h-8 items-center gap-2 rounded-md border border-hairline px-2 text-muted transition-colors hover:bg-sunken hover:text-text lg:w-56 pointer-coarse:min-h-11 pointer-coarse:min-w-11 pointer-coarse:justify-center"
        >
          <Search size={14} aria-hidden="true" />
          <span className="max-md:sr-only">Search</span>
          <span className="ml-auto hidden md:inline" aria-hidden="true">
            <Kbd>{apple ? '⌘ K' : 'Ctrl K'}</Kbd>
          </span>
        </button>
        <Menu
          items={personMenu}
          trigger={
            <button
              type="button"
              aria-label={`${person.name}, ${person.role}: your menu`}
              className="flex size-8 shrink-0 items-center justify-center rounded-full bg-sunken text-12 font-medium transition-colors hover:bg-selected pointer-coarse:size-11"
            >
              {initials(person.name)}
            </button>
          }
        />
      </header>
      <main
        ref={main}
        id="content"
        tabIndex={-1}
        className="mx-auto w-full max-w-[1440px] px-4 pt-6 pb-24 outline-none sm:px-6 sm:pb-12"
      >
        <SignedOutBanner />
        {children}
      </main>
      <NavLinks
        nav={nav}
        className="fixed inset-x-0 bottom-0 z-30 flex justify-between overflow-x-auto border-t border-hairline bg-background px-1 pb-[env(safe-area-inset-bottom)] sm:hidden"
      />
      {palette({ open, onOpen, commands: all })}
    </PaletteActions>
  );
}

/** Where people press Cmd; the server does not know. */
function useApple(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => /^(Mac|iP)/.test(navigator.platform),
    () => false,
  );
}

/** A new page begins at its beginning, for the keyboard too; the first one is the browser's to place. */
function useFocusOnArrival() {
  const main = useRef<HTMLElement>(null);
  const path = usePathname();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
}

const THEMES = [
  { id: 'system', label: 'System' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
];

function NavLinks({ nav, className }: { nav: NavItem[]; className: string }) {
  const path = usePathname();
  return (
    <nav aria-label="Main" className={className}>
      {nav.map((item) => {
        const here = item.href === '/' ? path === '/' : path === item.href || path.startsWith(`${item.href}/`);
        return (
          <Link
            key={item.href}
            href={item.href}
            aria-current={here ? 'page' : undefined}
            className={classes(
              'flex h-8 items-center gap-1.5 rounded-md px-2.5 whitespace-nowrap transition-colors max-sm:h-12 max-sm:shrink-0 max-sm:px-1.5 max-sm:text-12 pointer-coarse:min-h-11',
              here ? 'font-medium text-text sm:bg-sunken' : 'text-muted hover:text-text',
            )}
          >
            {item.label}
            {item.count ? (
              <span className="rounded-full bg-amber px-1.5 text-12 leading-4 font-medium text-on-tone">
                {formatCount(item.count)}
              </span>
            ) : null}
          </Link>
        );
      })}
    </nav>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return words.length > 1 ? `${words[0]?.[0] ?? ''}${words.at(-1)?.[0] ?? ''}`.toUpperCase() : name.slice(0, 2).toUpperCase();
}
