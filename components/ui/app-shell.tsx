'use client';

import { Bell, Search } from 'lucide-react';
import { usePathname, useRouter } from 'next/navigation';
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
  /** how many notices the person has not read */
  unread: number;
  /** the palette, which offers the navigation, the themes and signing out besides what it finds */
  palette: (of: { open: boolean; onOpen: (open: boolean) => void; commands: PaletteCommand[] }) => ReactNode;
  onSignOut: () => void;
  children: ReactNode;
};

/** The frame of every page behind the sign-in: navigation, palette, person. The page itself brings its `h1`. */
export function AppShell({ nav, person, unread, palette, onSignOut, children }: Props) {
  const [open, setOpen] = useState(false);
  const { theme, setTheme } = useTheme();
  const router = useRouter();
  const main = useFocusOnArrival();
  const apple = useApple();
  const onOpen = useCallback((next: boolean) => setOpen(next), []);
  const all = useMemo<PaletteCommand[]>(
    () => [
      ...nav.map((item) => ({ id: `go:${item.href}`, label: item.label, group: 'Go to', href: item.href })),
      { id: 'go:/notices', label: 'Notices', group: 'Go to', href: '/notices' },
      ...THEMES.map(({ id, label }) => ({
        id: `theme:${id}`,
        label: `${label} theme`,
        group: 'Appearance',
        run: () => setTheme(id),
      })),
      { id: 'account', label: 'Your account', group: 'You', href: '/you' },
      { id: 'sign-out', label: 'Sign out', group: 'You', run: onSignOut },
    ],
    [nav, setTheme, onSignOut],
  );
  const personMenu: MenuItem[] = [
    { id: 'who', heading: `${person.name}, ${person.role}${person.email ? ` · ${person.email}` : ''}` },
    ...THEMES.map(({ id, label }) => ({ id, label: `${label} theme`, checked: theme === id, onSelect: () => setTheme(id) })),
    { id: 'account', label: 'Your account', onSelect: () => router.push('/you') },
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
        <BellLink unread={unread} />
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
      <ThumbNav nav={nav} />
      {palette({ open, onOpen, commands: all })}
    </PaletteActions>
  );
}

/** What the person was told, from every page. */
function BellLink({ unread }: { unread: number }) {
  return (
    <Link
      href="/notices"
      aria-label={unread > 0 ? `Notices, ${unread} not read` : 'Notices'}
      className="relative flex size-8 shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-sunken hover:text-text pointer-coarse:size-11"
    >
      <Bell size={16} aria-hidden="true" />
      {unread > 0 ? (
        <span
          className="absolute -top-0.5 -right-0.5 rounded-full bg-amber px-1 text-12 leading-4 font-medium text-on-tone"
          aria-hidden="true"
        >
          {unread > 99 ? '99+' : unread}
        </span>
      ) : null}
    </Link>
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
        const here = isHere(item, path);
        return (
          <Link
            key={item.href}
            href={item.href}
            aria-current={here ? 'page' : undefined}
            className={classes(
              'flex h-8 items-center gap-1.5 rounded-md px-2.5 whitespace-nowrap transition-colors pointer-coarse:min-h-11',
              here ? 'bg-sunken font-medium text-text' : 'text-muted hover:text-text',
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

/** The navigation where a thumb is, on a screen for one: as many places as fit side by side on 320 px, and the others behind the last. */
function ThumbNav({ nav }: { nav: NavItem[] }) {
  const path = usePathname();
  const router = useRouter();
  const shown = nav.length <= THUMB_PLACES ? nav : nav.slice(0, THUMB_PLACES - 1);
  const others = nav.slice(shown.length);
  const away = others.find((item) => isHere(item, path));
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-hairline bg-background pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      {shown.map((item) => {
        const here = isHere(item, path);
        return (
          <Link key={item.href} href={item.href} aria-current={here ? 'page' : undefined} className={thumbLook(here)}>
            {item.label}
            {item.count ? (
              <span className="absolute top-0 right-0 rounded-full bg-amber px-1 text-12 leading-4 font-medium text-on-tone">
                {formatCount(item.count)}
              </span>
            ) : null}
          </Link>
        );
      })}
      {others.length > 0 ? (
        <Menu
          trigger={
            <button type="button" className={thumbLook(away !== undefined)}>
              {away?.label ?? 'More'}
            </button>
          }
          items={others.map((item) => ({
            id: item.href,
            label: item.label,
            checked: item === away,
            onSelect: () => router.push(item.href),
          }))}
        />
      ) : null}
    </nav>
  );
}

const THUMB_PLACES = 5;

function thumbLook(here: boolean): string {
  return classes(
    'relative flex h-12 min-w-0 flex-1 items-center justify-center text-12 whitespace-nowrap transition-colors focus-visible:-outline-offset-2',
    here ? 'font-medium text-text shadow-[inset_0_2px_var(--tone-accent)]' : 'text-muted hover:text-text',
  );
}

function isHere({ href }: NavItem, path: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return words.length > 1 ? `${words[0]?.[0] ?? ''}${words.at(-1)?.[0] ?? ''}`.toUpperCase() : name.slice(0, 2).toUpperCase();
}
