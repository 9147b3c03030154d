/**
 * What a notice says, from counts and names of batches alone: a mail leaves the house, so nothing of an item is in it, nor what an incident says, which may quote
 * one. Pure.
 */
import type { IncidentKind } from '#lib/core/fleet/incident-kinds.ts';
import type { NoticeKind, NoticePhase } from './kinds.ts';

/** As a matter keeps them. `chunk`: its number, where it is one. */
export type NoticeFacts = {
  batch?: string | null;
  chunk?: number | null;
  reviews?: number;
  releases?: number;
  hours?: number;
  incident?: IncidentKind;
  count?: number;
  done?: number;
  failed?: number;
  uncertain?: number;
};

export type NoticeOf = { kind: NoticeKind; phase: NoticePhase; batchId: string | null; facts: NoticeFacts };
export type NoticeWords = {
  /** one line */
  title: string;
  /** of the page that it leads to */
  path: string;
};

export function noticeWords({ kind, phase, batchId, facts }: NoticeOf): NoticeWords {
  const batch = batchId === null ? null : `/batches/${batchId}`;
  const chunk = batch !== null && facts.chunk ? `${batch}/chunks/${facts.chunk}` : batch;
  switch (kind) {
    case 'waits':
      return { title: `${nameOf(facts)} waits for ${questions(facts)}`, path: chunk ?? '/' };
    case 'overdue':
      return {
        title: `${nameOf(facts)} has waited for more than ${counted(facts.hours ?? 0, 'hour')} for ${questions(facts)}`,
        path: chunk ?? '/',
      };
    case 'second':
      return { title: `${nameOf(facts)} wants a second signature on ${counted(facts.count ?? 1, 'chunk')}`, path: chunk ?? '/' };
    case 'incident':
      return { title: `${phase === 'over' ? 'Over' : 'Incident'}: ${incidentTitle(facts)}`, path: batch ?? '/admin' };
    case 'finished':
      return { title: `${nameOf(facts)} is finished: ${ends(facts)}`, path: batch ?? '/batches' };
  }
}

const nameOf = ({ batch }: NoticeFacts): string => `“${oneLine(batch ?? 'A batch')}”`;

/** Names are people's own words, and a header is one line. */
const oneLine = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

const counted = (count: number, one: string): string => `${count.toLocaleString('en-US')} ${one}${count === 1 ? '' : 's'}`;

function questions({ reviews = 0, releases = 0 }: NoticeFacts): string {
  const parts = [reviews > 0 ? counted(reviews, 'review') : '', releases > 0 ? counted(releases, 'release') : ''];
  return parts.filter(Boolean).join(' and ') || 'a person';
}

function ends({ done = 0, failed = 0, uncertain = 0 }: NoticeFacts): string {
  const parts = [`${done.toLocaleString('en-US')} done`, failed > 0 ? `${failed.toLocaleString('en-US')} failed` : ''];
  return [...parts, uncertain > 0 ? `${uncertain.toLocaleString('en-US')} uncertain` : ''].filter(Boolean).join(', ');
}

const INCIDENT_TITLES: Record<IncidentKind, string> = {
  halted: 'chunks halted',
  target: 'a target fails, and nothing is sent to it',
  paused: 'a target is paused',
  mismatch: 'the sum does not add up, and sending stopped',
  database: 'the database is in trouble',
  damaged: 'files of the database are damaged',
  web: 'the web server was replaced',
  notices: 'notices can’t be delivered',
};

function incidentTitle({ incident = 'halted', batch, count = 1 }: NoticeFacts): string {
  const title = INCIDENT_TITLES[incident];
  return `${title}${batch ? ` in ${nameOf({ batch })}` : ''}${count > 1 ? ` (${count.toLocaleString('en-US')})` : ''}`;
}
