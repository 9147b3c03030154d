import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import type { Actor } from '#lib/auth/actor.ts';
import { currentPerson } from '#lib/auth/who.ts';

/** Who is looking at this page, with their address; null when nobody is signed in. Asked once per request, by layout and page alike. */
export const personOfPage = cache(async (): Promise<{ actor: Actor; email: string } | null> => currentPerson(await headers()));

/** The way to the sign-in and back to the address that was asked for (bin/web/headers.ts). */
export async function signInAddress(): Promise<string> {
  const asked = new URL((await headers()).get('x-countersign-asked') ?? '/', 'http://localhost');
  // What Next adds when a page's own links are followed.
  asked.searchParams.delete('_rsc');
  return `/sign-in?next=${encodeURIComponent(asked.pathname + asked.search)}`;
}

/** Whether this address was asked for. */
export async function isAt(path: string): Promise<boolean> {
  return new URL((await headers()).get('x-countersign-asked') ?? '/', 'http://localhost').pathname === path;
}

/** The actor of a page behind the sign-in; others go to `/sign-in` and come back to `path`, the page's own. */
export async function requireActor(path: string): Promise<Actor> {
  const person = await personOfPage();
  if (person === null) redirect(`/sign-in?next=${encodeURIComponent(path)}`);
  return person.actor;
}
