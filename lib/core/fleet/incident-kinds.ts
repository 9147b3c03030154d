/** What an incident can be about, and what a person is advised to do: the words on the pages, and the runbooks of docs/runbooks that say more. */

export type IncidentKind = 'halted' | 'target' | 'paused' | 'mismatch' | 'database' | 'damaged' | 'web' | 'notices';

/** `runbooks`: pages of docs/runbooks; a chunk halts for several causes, and a database can be at fault in several ways. */
export const INCIDENT_KINDS: Record<IncidentKind, { advice: string; runbooks: readonly string[] }> = {
  halted: {
    advice: 'Fix what the incident names, then resume. Uncertain actions are never repeated.',
    runbooks: ['halted-error-budget.md', 'halted-manifest-differs.md', 'halted-something-broke.md'],
  },
  target: {
    advice:
      'Check that the target works again, then resume once. One chunk tries the target, and the others follow after its first success.',
    runbooks: ['target-refuses.md'],
  },
  paused: {
    advice: 'Resume when the reason is over. One chunk tries the target, and the others follow after its first success.',
    runbooks: ['target-paused.md'],
  },
  mismatch: {
    advice: 'Download the receipts. Find out what changed the database outside Countersign before anybody resumes.',
    runbooks: ['sum-differs.md'],
  },
  database: {
    advice: 'Nothing has to be resumed. The incident ends by itself, and answers that came meanwhile are stored then.',
    runbooks: ['database-full.md', 'database-crowded.md', 'database-away.md'],
  },
  damaged: {
    advice:
      'Stop everything, keep the files as they are, and restore a backup. The incident is shown until the database is started again.',
    runbooks: ['database-damaged.md'],
  },
  web: {
    advice:
      'Nothing has to be done. A new web server took over, and the workers kept running. The incident is shown for an hour after the last time.',
    runbooks: ['web-silent.md'],
  },
  notices: {
    advice:
      'Check the mail server or the webhook. Nothing has to be resumed: the incident ends with the next notice that is taken, and what was given up is on the page Notices.',
    runbooks: ['notices-given-up.md'],
  },
};

/** The advice for an incident's kind; null for one that this build does not know. */
export function adviceFor(kind: string): string | null {
  return Object.hasOwn(INCIDENT_KINDS, kind) ? INCIDENT_KINDS[kind as IncidentKind].advice : null;
}
