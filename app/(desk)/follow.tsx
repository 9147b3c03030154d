'use client';

import { type Shows, useChanged, useRefresh } from './use-changed.ts';

/** Has a page that the server draws read again when what it shows has changed. */
export function Follow({ shows }: { shows: Shows }) {
  useChanged(shows, useRefresh());
  return null;
}
