/** The words of the dangerous moments, made from counts and targets. Pure, so that a test can read them. */

import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { NotSigner } from '#lib/core/checkpoints/signatures.ts';
import { type ActionCounts, waitingOf } from '#lib/core/receipts/sum.ts';
import type { ActionWords } from '#lib/shapes/actions.ts';
import type { CheckpointCategory, CheckpointView } from '#lib/shapes/checkpoints.ts';

export type Acting = { name: string; count: number; action: ActionWords };

/** The categories that would act, the largest first. */
export function actingCategories(categories: Pick<CheckpointCategory, 'name' | 'count' | 'action'>[]): Acting[] {
  return categories
    .flatMap(({ name, count, action }) => (action !== null && count > 0 ? [{ name, count, action }] : []))
    .sort((one, other) => other.count - one.count);
}

export type ExecuteWords = {
  /** the button of the action bar */
  button: string;
  title: string;
  text: string;
  /** the dialog's button */
  confirm: string;
  /** what has to be typed, when something can't be undone */
  typed: string | null;
};

/** Which of two signatures is due; null where one person approves. */
export type Signature = 'first' | 'second' | null;

/** What executing would do. `first` is how many run per target before a person releases the rest. */
export function executeWords(acting: Acting[], noun: string, first: number, signature: Signature = null): ExecuteWords {
  const words = approvalWords(acting, noun, first);
  if (signature === null) return words;
  const button = `Sign as the ${signature}: ${words.button}`;
  if (signature === 'second') return { ...words, button };
  return {
    ...words,
    button,
    text: `Nothing runs before a second person has signed too. ${words.text}`,
    confirm: 'Sign as the first',
  };
}

function approvalWords(acting: Acting[], noun: string, first: number): ExecuteWords {
  const total = acting.reduce((sum, { count }) => sum + count, 0);
  const largest = acting[0];
  if (!largest)
    return {
      button: 'Approve: nothing to send',
      title: 'Approve without an action?',
      text: `No category that has ${noun} has an action. Nothing is sent.`,
      confirm: 'Approve',
      typed: null,
    };

  const { action, count } = largest;
  const running = firstOf(acting, first);
  const staged = running < total;
  const permanent = acting.some((one) => one.action.effect === 'permanent');
  const single = acting.length === 1;
  const firstCount = formatCount(Math.min(first, count));

  return {
    button:
      single && staged ? `${doing(action.verb, `first ${firstCount} of ${formatCount(count)}`)}…` : `${actingPhrase(acting)}…`,
    title: acting.length > PHRASED_MAX ? `Act on ${formatNoun(total, noun)}?` : `${actingPhrase(acting, noun)}?`,
    text: [
      single ? `Where: ${action.target}.` : '',
      staged ? runFirst(running) : running === 1 ? 'It runs at once.' : `All ${formatCount(total)} run at once.`,
      permanent ? 'This cannot be undone.' : '',
    ]
      .filter(Boolean)
      .join(' '),
    confirm: single
      ? `${doing(action.verb, staged ? `first ${firstCount}` : formatCount(count))}${permanent && !staged ? ' for good' : ''}`
      : `Run ${staged ? `the first ${formatCount(running)}` : `all ${formatCount(total)}`}${permanent && !staged ? ' for good' : ''}`,
    typed: permanent ? String(total) : null,
  };
}

const PHRASED_MAX = 2;

/** "Archive 152, create a task for 2"; of more than two categories the smaller ones are only counted: "Archive 152, act on 12 more". */
function actingPhrase(acting: Acting[], noun?: string): string {
  const named = acting.length > PHRASED_MAX ? acting.slice(0, 1) : acting;
  const others = acting.slice(named.length).reduce((sum, { count }) => sum + count, 0);
  const parts = named.map(({ action, count }, index) => {
    const verb = index === 0 ? action.verb : uncapitalised(action.verb);
    return doing(verb, noun !== undefined && index === 0 ? formatNoun(count, noun) : formatCount(count));
  });
  return parts.join(', ') + (others > 0 ? `, act on ${formatCount(others)} more` : '');
}

/** A verb inside a sentence; an HTTP method keeps its capitals. */
function uncapitalised(verb: string): string {
  return /^[A-Z]{2}/.test(verb) ? verb : verb.charAt(0).toLowerCase() + verb.slice(1);
}

/** "Archive 1,902 mails", "Create a task for 12 mails", "Create a task for 12 mails, then archive". */
export function actionPhrase(action: Pick<ActionWords, 'verb'>, count: number, noun: string): string {
  return doing(action.verb, formatNoun(count, noun));
}

/** The button that lets the rest run: "Archive the other 1,899". What is left is what the receipts say, not what was planned. */
export function releaseWords(acting: Acting[], counts: ActionCounts): string {
  return doing(acting.length === 1 && acting[0] ? acting[0].action.verb : 'Run', `the other ${formatCount(waitingOf(counts))}`);
}

export type RefuseWords = LeaveWords & { button: string };

/** What a No to the first few means, in numbers. */
export function refuseWords(acting: Acting[], counts: ActionCounts, mayUndo: boolean): RefuseWords {
  const { done } = counts;
  const rest = `the other ${formatCount(waitingOf(counts))}`;
  const undoable = done > 0 && acting.some(({ action }) => action.effect === 'undoable');
  const these = done === 1 ? 'this one' : `these ${formatCount(done)}`;
  const undo = undoable && mayUndo;
  return {
    button: undo ? `No: stop, undo ${these}…` : 'No: stop…',
    title: `Leave ${rest} unsent${undo ? `, and undo ${these}` : ''}?`,
    text: [
      'Nothing more of this approval is sent, now or later. Its other chunks that wait end too.',
      undo ? `The undo of ${these} becomes a batch of its own, which you review and approve.` : '',
      undoable && !mayUndo ? 'An operator or an admin can undo what was done.' : '',
      done > 0 && !undoable ? `${done === 1 ? 'What was done' : `The ${formatCount(done)} that were done`} can’t be undone.` : '',
      'The rest can be reviewed again, with the same rules or with others.',
    ]
      .filter(Boolean)
      .join(' '),
    confirm: undo ? `Stop, and undo ${these}` : `Leave ${rest} unsent`,
  };
}

/** What of a cancelled chunk can be reviewed again, and what stays out of that. */
export function restWords(
  { counts, batches }: { counts: RestCounts | null; batches: readonly unknown[] },
  noun: string,
  mayPlan: boolean,
): { button: string | null; text: string } {
  const { free, done, uncertain, taken } = counts ?? { free: null, done: 0, uncertain: 0, taken: 0 };
  const others = done + uncertain + taken > 0;
  const what = free === null ? 'the rest' : `${others ? 'the other' : free === 1 ? 'this' : 'these'} ${formatNoun(free, noun)}`;
  const are = (count: number, so: string, until: string): string =>
    count === 0
      ? ''
      : `${formatNoun(count, noun)} ${count === 1 ? 'was' : 'were'} ${so}, and ${count === 1 ? 'stays' : 'stay'} out until ${until}.`;
  const again = free !== 0;
  return {
    button: again && mayPlan ? `Review ${what} again` : null,
    text: [
      'Nothing more of this is sent.',
      again && mayPlan ? `To review ${what} again, a batch is planned with the same rules. It starts when you start it.` : '',
      again && !mayPlan ? `An operator or an admin can have ${what} reviewed again.` : '',
      again || others || batches.length > 0 ? '' : 'Nothing is left to review again.',
      are(done, 'done', 'undone'),
      are(uncertain, 'sent and nobody knows whether it happened', 'somebody says so'),
    ]
      .filter(Boolean)
      .join(' '),
  };
}

type RestCounts = NonNullable<NonNullable<CheckpointView['rest']>['counts']>;

export type LeaveWords = { title: string; text: string; confirm: string };

/** What leaving a halted chunk as it is means, in numbers. */
export function leaveWords(counts: ActionCounts): LeaveWords {
  const { done, failed, uncertain, inFlight } = counts;
  const rest = waitingOf(counts);
  const were = (count: number): string => (count === 1 ? 'was' : 'were');
  return {
    title: rest > 0 ? `Leave ${formatCount(rest)} unsent?` : 'Leave the chunk as it is?',
    text: [
      `${formatCount(done)} ${were(done)} done.`,
      failed > 0 ? `${formatCount(failed)} failed.` : '',
      uncertain > 0 ? `${formatCount(uncertain)} ${uncertain === 1 ? 'is' : 'are'} uncertain, and can still be answered.` : '',
      inFlight > 0
        ? `${formatNoun(inFlight, 'requests')} may still be in flight. A worker settles ${inFlight === 1 ? 'it' : 'them'} first.`
        : '',
      rest > 0 ? `${formatCount(rest)} ${were(rest)} never sent and will not be.` : 'None is left to be sent.',
      'Nothing is undone.',
    ]
      .filter(Boolean)
      .join(' '),
    confirm: rest > 0 ? `Leave ${formatCount(rest)} unsent` : 'Leave it as it is',
  };
}

/** Whether it can be undone. */
export function effectWord(action: Pick<ActionWords, 'effect'>): string {
  if (action.effect === 'none') return 'changes nothing';
  return action.effect === 'undoable' ? 'can be undone' : "can't be undone";
}

/** How many run first: `first` per target (connector and connection). */
function firstOf(acting: Acting[], first: number): number {
  const perTarget = new Map<string, number>();
  for (const { action, count } of acting) {
    const target = JSON.stringify([action.connector, action.connection]);
    perTarget.set(target, (perTarget.get(target) ?? 0) + count);
  }
  const counts = [...perTarget.values()];
  return first === 0
    ? counts.reduce((sum, count) => sum + count, 0)
    : counts.reduce((sum, count) => sum + Math.min(first, count), 0);
}

/** A verb that takes the items as its object is followed by them; a phrase or an HTTP method by "for". Some say themselves where the items come. */
function doing(verb: string, items: string): string {
  if (verb.includes('…')) return verb.replace('…', () => items);
  return verb.includes(' ') || (verb.length > 1 && verb === verb.toUpperCase()) ? `${verb} for ${items}` : `${verb} ${items}`;
}

const NUMERALS = ['None', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];

function runFirst(count: number): string {
  return `${NUMERALS[count] ?? formatCount(count)} ${count === 1 ? 'runs' : 'run'} first, then we stop and show you.`;
}

/** Why this person can't give the signature that is due. */
export function notYouWords(notYou: NotSigner): string {
  switch (notYou) {
    case 'started':
      return 'You started this batch, so two other people sign its chunks.';
    case 'signed':
      return 'You signed this chunk first. Another person signs second.';
    case 'invited':
      return 'One of you and the first signer invited the other, and no other admin has confirmed that person. Somebody else signs second, or another admin confirms the person under People.';
    case 'key':
      return 'An API key doesn’t sign here. People do.';
  }
}
