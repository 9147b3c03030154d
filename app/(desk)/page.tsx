import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { requireActor } from '#app/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { readNeedsYou } from '#lib/steps/live/read-needs-you.ts';
import { NeedsDesk } from './needs-desk.tsx';

export const metadata: Metadata = { title: 'Needs you' };

export default async function NeedsYouPage() {
  const actor = await requireActor('/');
  // Nothing is asked of whoever only looks.
  if (!may(actor, 'decide')) redirect('/batches');
  return <NeedsDesk needs={await readNeedsYou(actor)} may={{ resume: may(actor, 'resume'), upload: may(actor, 'upload') }} />;
}
