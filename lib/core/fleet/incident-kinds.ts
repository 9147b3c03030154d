/** What an incident can be about, and what a person is advised to do: the words on the pages, and the runbooks of docs/runbooks that say more. */

export type IncidentKind = 'halted' | 'target' | 'paused' | 'mismatch' | 'database' | 'damaged' | 'web';

/** `runbooks`: pages of docs/runbooks; a chunk halts for several causes, and a database can be at fault in several ways. */
export const INCIDENT_KINDS: Record<IncidentKind, { advice: string; runbooks: readonly string[] }> = {
  halted: {
    advice: 'Put right what it names, then resume. What is uncertain is never repeated.',
    runbooks: ['halted-error-budget.md', 'halted-manifest-differs.md', 'halted-something-broke.md'],
  },
  target: {
    advice: 'See that the target works again, then resume once: one chunk tries it, and the others follow its first success.',
    runbooks: ['target-refuses.md'],
  },
  paused: {
    advice: 'Resume when the reason is over: one chunk tries the target, and the others follow its first success.',
    runbooks: ['target-paused.md'],
  },
  mismatch: {
    advice: 'Download the receipts and find out what wrote past the protocol before anybody resumes.',
    runbooks: ['sum-differs.md'],
  },
  database: {
    advice: 'Nothing has to be resumed: it ends by itself, and what was answered meanwhile is written then.',
    runbooks: ['database-full.md', 'database-crowded.md', 'database-away.md'],
  },
  damaged: {
    advice: 'Stop everything, keep the files as they are, and restore a backup. It is shown until the database is started again.',
    runbooks: ['database-damaged.md'],
  },
  web: {
    advice: 'Nothing has to be done: another one serves, and the workers went on. It is shown for an hour after the last time.',
    runbooks: ['web-silent.md'],
  },
};

/** The advice for an incident's kind; null for one that this build does not know. */
export function adviceFor(kind: string): string | null {
  return Object.hasOwn(INCIDENT_KINDS, kind) ? INCIDENT_KINDS[kind as IncidentKind].advice : null;
}
