/** An action of a plan on an item: what is wrong with it, and the change that is frozen for it. Pure. */
import { z } from 'zod';
import { viaOf } from '#lib/connectors/http/via.ts';
import { itemRefusal, readParameters, refusal, requireDo, templateProblems } from '#lib/connectors/parameters.ts';
import type { ActionItem, FrozenRequest, HandInPlace } from '#lib/connectors/port.ts';
import { targetHost, targetName } from '#lib/core/connections/target.ts';
import type { Problem } from '#lib/core/errors.ts';
import { COMMIT_MESSAGE_CHARS_MAX, REQUEST_BYTES_MAX, TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { renderedLength, renderTemplate, templateFields } from '#lib/core/values/template.ts';
import type { Effect, Wording } from '#lib/shapes/actions.ts';
import { bytesOf, COMMIT_ID, type FileChange, type GitRequest, readHanded, readRequest } from './frozen.ts';
import { branchFault, pathFault } from './names.ts';

export const VERBS = ['write', 'delete', 'move', 'apply', 'push'] as const;
type Verb = (typeof VERBS)[number];

const template = z.string().max(TEMPLATE_CHARS_MAX);
const branch = z.string().refine((name) => name.includes('{{') || branchFault(name) === null, 'This is no name of a branch.');

const parameters = z.strictObject({
  branch: branch.default('{{branch}}').describe('The branch that the files are on.'),
  path: template.min(1, 'A path is missing.').default('{{path}}'),
  blob: template.default('{{blob}}').describe('The id of the file as it was read: the change is only made to that.'),
  content: template.default('').describe('Of “write”: the whole text of the file.'),
  to: template.default('').describe('Of “move”: the new path. Of “push”: the branch that the commits go to.'),
  message: template.max(COMMIT_MESSAGE_CHARS_MAX).default(''),
  batch: z.string().default(''),
  items: template.default('{{items}}'),
  commit: template.default('{{commit}}').describe('Of “apply”: the commit that the files were read at, on which agents commit.'),
  base: template.default('{{base}}'),
  was: template.default('{{was}}'),
  tip: template.default('{{tip}}'),
});
type Given = z.output<typeof parameters>;
type Part = keyof Given;

/** What each verb fills in, with what it may leave to the fields of these names. */
const USED: Readonly<Record<Verb, readonly Part[]>> = {
  write: ['branch', 'path', 'blob', 'content', 'message'],
  delete: ['branch', 'path', 'blob', 'message'],
  move: ['branch', 'path', 'blob', 'to', 'message'],
  apply: ['branch', 'path', 'blob', 'commit'],
  push: ['branch', 'to', 'batch', 'items', 'base', 'was', 'tip'],
};

/** Throws `invalid` with every wrong place inside the action. */
export function checkAction(action: Action, fields: readonly string[] | null): void {
  requireDo(action, VERBS);
  if (!action.through) {
    const message =
      action.connection === null
        ? 'A repository is changed over a connection. Choose one.'
        : `There is no connection “${action.connection}” to a repository.`;
    throw refusal([{ path: 'connection', message }]);
  }
  const given = readParameters(action, parameters);
  const verb = action.do as Verb;
  const problems: Problem[] = [];
  for (const name of Object.keys(action.with) as Part[])
    if (!USED[verb].includes(name))
      problems.push({ path: `with.${name}`, message: `“${verb}” has no use for this. Leave it out.` });
  for (const name of USED[verb]) if (name in action.with) problems.push(...templateProblems(given[name], fields, `with.${name}`));
  if (verb === 'move' && given.to === '') problems.push({ path: 'with.to', message: 'The new path is missing.' });
  if (verb !== 'push' && fields !== null) {
    if (!('path' in action.with) && !fields.includes('path'))
      problems.push({ path: 'with.path', message: 'These rows have no field “path”. Write which file is meant.' });
    if (verb === 'apply' && !('commit' in action.with) && !fields.includes('commit'))
      problems.push({
        path: 'with.commit',
        message: 'These rows do not say which commit they were read at. Make the dataset of the repository’s files.',
      });
    if (!('branch' in action.with) && !fields.includes('branch'))
      problems.push({
        path: 'with.branch',
        message: 'These rows do not say which branch they are on. Write it here, such as main.',
      });
  }
  if (problems.length > 0) throw refusal(problems);
}

/** The names that its templates look up. */
export function requestReads(action: Action): string[] {
  const given = readParameters(action, parameters);
  return [...new Set(USED[action.do as Verb].flatMap((name) => templateFields(given[name])).concat('mode'))];
}

/** Throws `invalid` naming the item. */
export function freezeRequest(action: Action, { ordinal, fields, handed }: ActionItem): FrozenRequest {
  const given = readParameters(action, parameters);
  const { via } = viaOf(action);
  if (!via) throw itemRefusal(ordinal, 'its action names no connection to a repository.');
  // Lengths are added up before texts are made.
  let left = REQUEST_BYTES_MAX;
  const filled = (name: Part): string => {
    left -= renderedLength(given[name], fields);
    if (left < 0) throw itemRefusal(ordinal, `its change would have more than ${REQUEST_BYTES_MAX} bytes, the limit.`);
    return renderTemplate(given[name], fields);
  };
  const wrong = (name: Part, why: string) => itemRefusal(ordinal, `its ${name} ${why}.`, { fields: templateFields(given[name]) });
  const named = (name: 'branch' | 'to'): string => {
    const text = filled(name).trim();
    const fault = branchFault(text);
    if (fault !== null) throw wrong(name, fault);
    return text;
  };
  const path = (name: 'path' | 'to'): string => {
    const text = filled(name);
    const fault = pathFault(text);
    if (fault !== null) throw wrong(name, fault);
    return text;
  };
  const commit = (name: 'base' | 'tip'): string => {
    const text = filled(name).trim();
    if (!COMMIT_ID.test(text)) throw wrong(name, 'is no id of a commit');
    return text;
  };
  if (action.do === 'apply') return freezeHanded(action, { ordinal, fields, handed }, via);
  const verb = action.do as Exclude<Verb, 'apply'>;
  if (verb === 'push') {
    const was = filled('was').trim();
    if (was !== '' && !COMMIT_ID.test(was)) throw wrong('was', 'is no id of a commit');
    const batch = z.uuid().safeParse(filled('batch').trim());
    if (!batch.success) throw wrong('batch', 'is no id of a batch');
    const whole: GitRequest = {
      ...{ do: verb, batch: batch.data, items: filled('items').trim(), branch: named('branch'), base: commit('base') },
      ...{ to: named('to'), was: was === '' ? null : was, tip: commit('tip'), via },
    };
    return bytesOf(whole, ordinal);
  }
  const from = path('path');
  const blob = filled('blob').trim();
  const was = COMMIT_ID.test(blob) ? blob : 'any';
  const mode = fields.mode === '100755' ? '100755' : '100644';
  const files: FileChange[] = [{ path: from, was, mode, to: verb === 'write' ? { text: filled('content') } : null }];
  if (verb === 'move') {
    const to = path('to');
    if (to === from) throw itemRefusal(ordinal, 'its new path is the one that it has.');
    files.push({ path: to, was: 'absent', mode, to: { of: from } });
  }
  for (const { to } of files)
    if (to && 'text' in to && !to.text.isWellFormed()) throw wrong('content', 'has half a character in it');
  const message = filled('message').trim() || `${MESSAGES[verb]} ${from}`;
  if (/[\0\r]/.test(message) || !message.isWellFormed()) throw wrong('message', 'has control characters');
  return bytesOf({ do: verb, branch: named('branch'), message, files, via }, ordinal);
}

/** Where an agent is to commit what it makes of an item. Throws `invalid` naming the item. */
export function handInPlace(action: Action, { ordinal, fields }: ActionItem): HandInPlace {
  const given = readParameters(action, parameters);
  const { via } = viaOf(action);
  if (!via) throw itemRefusal(ordinal, 'its action names no connection to a repository.');
  const branch = renderTemplate(given.branch, fields).trim();
  const commit = renderTemplate(given.commit, fields).trim();
  const fault = branchFault(branch);
  if (fault !== null) throw itemRefusal(ordinal, `its branch ${fault}.`, { fields: templateFields(given.branch) });
  if (!COMMIT_ID.test(commit))
    throw itemRefusal(ordinal, 'its commit is no id of a commit.', { fields: templateFields(given.commit) });
  return { connection: via.connection, address: via.address, branch, commit };
}

/** The file that an item is: its path and id, as it was read. Throws `invalid` naming the item. */
export function itemFile(action: Action, { ordinal, fields }: ActionItem): { path: string; blob: string } {
  const given = readParameters(action, parameters);
  const path = renderTemplate(given.path, fields);
  const fault = pathFault(path);
  if (fault !== null) throw itemRefusal(ordinal, `its path ${fault}.`, { fields: templateFields(given.path) });
  return { path, blob: renderTemplate(given.blob, fields).trim() };
}

/** What an agent committed of the item, if it is of this very file. */
function freezeHanded(action: Action, item: ActionItem, via: GitRequest['via']): FrozenRequest {
  const { ordinal, handed } = item;
  if (handed === undefined) throw itemRefusal(ordinal, 'no agent handed in a commit of it.');
  if (handed === null) throw itemRefusal(ordinal, 'what an agent handed in of it was erased.');
  const { commit, ...change } = readHanded(handed);
  const { path } = itemFile(action, item);
  if (change.files[0]?.path !== path || change.branch !== handInPlace(action, item).branch)
    throw itemRefusal(ordinal, 'what an agent handed in of it is about another file.');
  return bytesOf({ ...change, handedIn: commit, via }, ordinal);
}

const MESSAGES: Readonly<Record<Exclude<Verb, 'push' | 'apply'>, string>> = { write: 'Write', delete: 'Delete', move: 'Move' };

/** The file. Of a push, the branch. */
export function requestResource(_action: Action, bytes: FrozenRequest): string | null {
  const request = readRequest(bytes);
  if (request.do === 'withdraw') return null;
  if (request.do === 'push') return `the branch ${request.to} of ${request.via.connection}`;
  return `${request.files[0]?.path} on ${request.branch} of ${request.via.connection}`;
}

/** A change is taken back by another one; what was pushed, others may have. */
export function requestEffect({ do: verb, through }: Action): Effect {
  return verb === 'push' || through?.permanent ? 'permanent' : 'undoable';
}

/** In words for people. */
export function requestWording(action: Action): Wording {
  const { through, connection } = action;
  const target = through
    ? `${connection} (${targetHost(targetName(through.address, connection))})`
    : (connection ?? 'a repository');
  const words = WORDS[action.do] ?? { verb: action.do, past: action.do, will: 'be changed' };
  return { ...words, target };
}

const HERE = 'here, for a push';
const WORDS: Readonly<Record<string, Omit<Wording, 'target'>>> = {
  write: { verb: 'Commit', past: 'Committed', will: `commit a new text ${HERE}` },
  delete: { verb: 'Commit a removal', past: 'Removed, committed', will: `commit the removal ${HERE}` },
  move: { verb: 'Commit a move', past: 'Moved, committed', will: `commit the move ${HERE}` },
  put_back: { verb: 'Commit a reversal', past: 'Reversed, committed', will: `commit the file as it was ${HERE}` },
  withdraw: { verb: 'Withdraw', past: 'Withdrawn', will: 'be withdrawn before it is pushed' },
  apply: {
    verb: 'Commit agents’ changes of …',
    past: 'Committed as an agent made it',
    will: `commit what an agent made of it ${HERE}`,
  },
  push: { verb: 'Push', past: 'Pushed', will: 'leave this machine' },
};
