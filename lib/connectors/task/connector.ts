/**
 * Follow-ups: a task for a person, made from an item, listed on the tasks page. An undo withdraws one that nobody did yet, and the undo of that
 * gives it back. With `thenShelf` the item is put on a shelf as well (then-shelf.ts): one action, both effects or neither.
 */
import { z } from 'zod';
import { frozenBytes } from '#lib/connectors/frozen.ts';
import {
  CHANGED_SINCE,
  itemRefusal,
  readParameters,
  refusal,
  requireDo,
  requireNoConnection,
  templateProblems,
  wordsIn,
} from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, FrozenRequest, TransactionalConnector, Undo } from '#lib/connectors/port.ts';
import { SHELF, shelf, shelfName } from '#lib/connectors/shelf/connector.ts';
import { FOLLOW_UP_BODY_CHARS_MAX, FOLLOW_UP_TITLE_CHARS_MAX, TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import { renderCut, templateFields } from '#lib/core/values/template.ts';
import { canonicalBytes, sha256Hex } from '#lib/ledger/canonical.ts';
import type { Wording } from '#lib/shapes/actions.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';
import { changeTasks, lockTasks, makeTasks, readTasks, type TaskRow } from '#lib/store/tasks/follow-ups.sql.ts';
import { beforeBoth, describeShelf, lookAtShelf, onShelf, shelfWords, undoOnShelf } from './then-shelf.ts';

const template = z.string().max(TEMPLATE_CHARS_MAX, `A template has at most ${TEMPLATE_CHARS_MAX} characters.`);
const parameters = z.strictObject({
  title: template.refine((text) => text.trim() !== '', 'A task needs a title, such as {{subject}}.'),
  body: template.default(''),
  thenShelf: shelfName.optional(),
});
/** `thenShelf`: since version 3. What was frozen before has none, and goes on as it was meant. */
const frozen = z.union([
  z.object({ do: z.enum(['withdraw', 'reopen']), id: z.string(), undoes: z.string(), thenShelf: z.string().optional() }),
  z.object({ title: z.string(), body: z.string(), thenShelf: z.string().optional() }),
]);
type Inverse = Extract<z.infer<typeof frozen>, { do: string }>;
type Asked = { input: ApplyInput; request: z.infer<typeof frozen> };

/** Of a title or text before it is cut: blanks and what can't be stored go in between. */
const RENDERED_CHARS_MAX = 5 * FOLLOW_UP_BODY_CHARS_MAX;

const VERBS = ['create'];
const TAKES =
  '`title` and `body`, with fields in double braces; `thenShelf`, the shelf on which the item is put in the same transaction, after its task: both happen, or neither.';

const FAILURES = { changed_since: CHANGED_SINCE };

type Words = Omit<Wording, 'target'>;
const WORDS: Record<string, Words> = {
  create: { verb: 'Create a task', past: 'Task created', will: 'create a follow-up task' },
  withdraw: { verb: 'Withdraw the task', past: 'Task withdrawn', will: 'lose its follow-up task' },
  reopen: { verb: 'Give the task back', past: 'Task given back', will: 'get its follow-up task back' },
};

export const task: TransactionalConnector = {
  name: 'task',
  version: 3,
  since: 1,
  kind: 'transactional',
  verbs: VERBS,
  takes: TAKES,
  form: {
    choices: [
      {
        words: 'Create a follow-up task',
        do: 'create',
        with: { title: '', body: '' },
        prefer: { field: 'subject', with: { title: '{{subject}}', body: '' } },
      },
    ],
    fields: [
      { kind: 'line', at: 'with.title', label: 'Title', place: 'title', template: true },
      { kind: 'text', at: 'with.body', label: 'Text', place: 'body', template: true },
      { kind: 'part', at: 'with.thenShelf', label: 'Then archive it on the shelf', place: 'shelf', begins: SHELF },
    ],
    inline: true,
  },
  check(action, fields = null) {
    requireDo(action, VERBS);
    requireNoConnection(action);
    const { title, body } = readParameters(action, parameters);
    const problems = [...templateProblems(title, fields, 'with.title'), ...templateProblems(body, fields, 'with.body')];
    if (problems.length > 0) throw refusal(problems);
  },
  effect: () => 'undoable',
  wording(action) {
    const words = WORDS[action.do] ?? (WORDS.create as Words);
    const shelved = typeof action.with.thenShelf === 'string' ? shelfWords(action.do, action.with.thenShelf) : null;
    return shelved ? both(words, shelved) : { ...words, target: TASKS_PAGE };
  },
  failureWords: (reason) => wordsIn(FAILURES, reason),

  alsoChanges: ({ with: { thenShelf } }) => (thenShelf === undefined ? [] : [shelf.name]),
  reads(action) {
    const { title, body } = readParameters(action, parameters);
    return [...templateFields(title), ...templateFields(body)];
  },
  prepare(action, item) {
    const { title, body, thenShelf } = readParameters(action, parameters);
    const line = oneLine(renderCut(title, item.fields, RENDERED_CHARS_MAX));
    if (line === '')
      throw itemRefusal(item.ordinal, 'the title of its task is empty. Add a word of your own to the template.', {
        fields: templateFields(title),
      });
    const request = {
      title: cut(line, FOLLOW_UP_TITLE_CHARS_MAX),
      body: cut(storable(renderCut(body, item.fields, RENDERED_CHARS_MAX)), FOLLOW_UP_BODY_CHARS_MAX),
      ...(thenShelf === undefined ? {} : { thenShelf }),
    };
    return frozenBytes(request, item.ordinal, 'its task');
  },

  describe({ request: bytes }) {
    const request = readRequest(bytes);
    const shelved = describeShelf(request);
    if ('title' in request) {
      const does = `Makes a follow-up task${shelved ? `, then ${shelved}` : ''}`;
      return { form: 'text', does, title: request.title, text: request.body };
    }
    const does = `${request.do === 'withdraw' ? 'Withdraws' : 'Gives back'} follow-up task ${request.id}`;
    return { form: 'place', does: shelved ? `${does}, and` : `${does} on`, place: shelved ?? TASKS_PAGE };
  },
  async look(client, { request: bytes, ...item }, signal) {
    const request = readRequest(bytes);
    const words = [await lookAtTask(client, request), await lookAtShelf(client, { ...item, request }, signal)];
    return { words: words.filter((one) => one !== null).join(' ') };
  },

  async applyMany(tx, inputs) {
    const asked = inputs.map((input): Asked => ({ input, request: readRequest(input.request) }));
    const fresh = asked.flatMap(({ input, request }) => ('title' in request ? [{ input, request }] : []));
    const ids = await makeTasks(
      tx,
      fresh.map(({ input: { idempotencyKey: key, batchId, datasetId, ordinal }, request: { title, body } }) => ({
        ...{ key, batchId, datasetId, ordinal, title, body },
      })),
    );
    // Only now: nothing is put away before its task is there.
    const shelved = await onShelf(tx, fresh);
    const inverse = asked.flatMap(({ input, request }) => ('do' in request ? [{ input, request }] : []));
    const undone = inverse.length > 0 ? await invert(tx, inverse) : new Map<string, ApplyResult>();
    return asked.map(({ input: { idempotencyKey: key } }): ApplyResult => {
      const made = { result: 'succeeded', target: ids.get(key) ?? null } as const;
      return undone.get(key) ?? { ...made, before: beforeBoth(NOT_THERE, shelved.get(key)) };
    });
  },

  async undo(client, done) {
    const found = await readTasks(client, done.map(({ target }) => target).filter(isTaskId));
    const ofShelf = await undoOnShelf(
      client,
      done.map((one) => ({ done: one, request: readRequest(one.request) })),
    );
    return done.map((one, index): Undo => {
      const row = one.target === null ? undefined : found.get(one.target);
      if (!row || one.target === null) return { cannot: 'the task no longer exists' };
      const shelved = ofShelf[index] ?? null;
      const verb = one.action.do === 'withdraw' ? 'reopen' : 'withdraw';
      const refused = whyNot(row, { do: verb, id: one.target, undoes: one.idempotencyKey });
      if (refused !== null) return { cannot: `${UNDO_WORDS[refused]}${shelved ? ', so the item stays where it is too' : ''}` };
      if (shelved && 'cannot' in shelved) return { cannot: `${shelved.cannot}, so the task stays as it is too` };
      const action = verb === 'reopen' && one.undid ? { ...one.undid.action, do: verb } : { ...one.action, do: verb };
      const request = { do: verb, id: one.target, undoes: one.idempotencyKey, ...shelved };
      return { action, request: canonicalBytes(request) };
    });
  },
};

const TASKS_PAGE = 'the tasks page';

/** One action that does both, in words. */
function both(task: Words, { verb, past, will, target, shelf }: Wording): Wording {
  return {
    verb: `${task.verb} for …, then ${verb.toLowerCase()}`,
    past: `${task.past}, item ${past.toLowerCase()}`,
    will: `${task.will}, then ${will}`,
    target: `${TASKS_PAGE} and ${target}`,
    ...(shelf === undefined ? {} : { shelf }),
  };
}

async function lookAtTask(client: Querying, request: z.infer<typeof frozen>): Promise<string> {
  if ('title' in request) return 'Nothing is there yet: the task is made anew.';
  const row = (await readTasks(client, [request.id].filter(isTaskId))).get(request.id);
  if (!row) return 'The task no longer exists.';
  return `The task is ${row.done ? 'done' : row.withdrawn ? 'withdrawn' : 'open'} now: “${row.title}”.`;
}

function readRequest(request: FrozenRequest): z.infer<typeof frozen> {
  return frozen.parse(JSON.parse(Buffer.from(request).toString('utf8')));
}

const UNDO_WORDS = {
  done_by_a_person: 'a person has done the task already',
  changed_since: 'the task was changed afterwards',
};

/** Only what is still as the action that is undone left it may be changed. */
function whyNot(row: TaskRow, request: Inverse): keyof typeof UNDO_WORDS | null {
  if (row.done) return 'done_by_a_person';
  return row.changedBy === request.undoes && row.withdrawn === (request.do === 'reopen') ? null : 'changed_since';
}

const isTaskId = (target: string | null): target is string => target !== null && /^\d{1,18}$/.test(target);

/**
 * Withdraws or gives back, under the rows' locks: tasks first, then what lies on shelves, as for what is made. What is not as it was left stays untouched, and
 * so does its other half.
 */
async function invert(tx: Tx, asked: { input: ApplyInput; request: Inverse }[]): Promise<Map<string, ApplyResult>> {
  const held = await lockTasks(tx, asked.map(({ request }) => request.id).filter(isTaskId));
  const results = new Map<string, ApplyResult>();
  const sound = asked.filter(({ input, request }) => {
    const row = held.get(request.id);
    const refused = row ? whyNot(row, request) : 'changed_since';
    if (refused !== null) results.set(input.idempotencyKey, { result: 'failed', reason: refused });
    return refused === null;
  });
  const shelved = await onShelf(tx, sound);
  const changing = sound.filter(({ input: { idempotencyKey: key }, request }) => {
    const other = shelved.get(key);
    const before = taskState(held.get(request.id) as TaskRow);
    const failed = other !== undefined && other.result !== 'succeeded';
    results.set(key, failed ? other : { result: 'succeeded', target: request.id, before: beforeBoth(before, other) });
    return !failed;
  });
  await changeTasks(
    tx,
    changing.map(({ input, request }) => ({ id: request.id, by: input.idempotencyKey, withdraw: request.do === 'withdraw' })),
  );
  return results;
}

/** What was there before a task was made: nothing. */
const NOT_THERE = sha256Hex(canonicalBytes(null));

const taskState = ({ id, title, body, done, withdrawn }: TaskRow): string =>
  sha256Hex(canonicalBytes({ id, title, body, done, withdrawn }));

const oneLine = (text: string) =>
  storable(text)
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();

/** PostgreSQL's text holds neither NUL nor lone surrogates. */
const storable = (text: string) => text.toWellFormed().replaceAll('\u0000', '\uFFFD');

/** At most `max` UTF-16 units, never half a character, and visibly cut. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
