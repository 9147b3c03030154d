/**
 * Follow-ups: a task for a person, made from an item, listed on the tasks page. An undo withdraws one that nobody did yet, and the undo of that
 * gives it back.
 */
import { z } from 'zod';
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
import { FOLLOW_UP_BODY_CHARS_MAX, FOLLOW_UP_TITLE_CHARS_MAX, TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import { renderCut, templateFields } from '#lib/core/values/template.ts';
import { canonicalBytes, sha256Hex } from '#lib/ledger/canonical.ts';
import type { Wording } from '#lib/shapes/actions.ts';
import type { Tx } from '#lib/store/postgres/db.ts';
import { changeTasks, lockTasks, makeTasks, readTasks, type TaskRow } from '#lib/store/tasks/follow-ups.sql.ts';

const template = z.string().max(TEMPLATE_CHARS_MAX, `A template has at most ${TEMPLATE_CHARS_MAX} characters.`);
const parameters = z.strictObject({
  title: template.refine((text) => text.trim() !== '', 'A task needs a title, such as {{subject}}.'),
  body: template.default(''),
});
const frozen = z.union([
  z.object({ do: z.enum(['withdraw', 'reopen']), id: z.string(), undoes: z.string() }),
  z.object({ title: z.string(), body: z.string() }),
]);
type Inverse = Extract<z.infer<typeof frozen>, { do: string }>;

/** Of a title or text before it is cut: blanks and what can't be stored go in between. */
const RENDERED_CHARS_MAX = 5 * FOLLOW_UP_BODY_CHARS_MAX;

const VERBS = ['create'];

const FAILURES = { changed_since: CHANGED_SINCE };

const WORDS: Record<string, Wording> = {
  create: { verb: 'Create a task', past: 'Task created', will: 'create a follow-up task', target: 'the tasks page' },
  withdraw: { verb: 'Withdraw the task', past: 'Task withdrawn', will: 'lose its follow-up task', target: 'the tasks page' },
  reopen: {
    verb: 'Give the task back',
    past: 'Task given back',
    will: 'get its follow-up task back',
    target: 'the tasks page',
  },
};

export const task: TransactionalConnector = {
  name: 'task',
  version: 2,
  since: 1,
  kind: 'transactional',
  verbs: VERBS,
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
  wording: (action) => WORDS[action.do] ?? (WORDS.create as Wording),
  failureWords: (reason) => wordsIn(FAILURES, reason),

  reads(action) {
    const { title, body } = readParameters(action, parameters);
    return [...templateFields(title), ...templateFields(body)];
  },
  prepare(action, item) {
    const { title, body } = readParameters(action, parameters);
    const line = oneLine(renderCut(title, item.fields, RENDERED_CHARS_MAX));
    if (line === '')
      throw itemRefusal(item.ordinal, 'the title of its task is empty. Add a word of your own to the template.', {
        fields: templateFields(title),
      });
    const request = {
      title: cut(line, FOLLOW_UP_TITLE_CHARS_MAX),
      body: cut(storable(renderCut(body, item.fields, RENDERED_CHARS_MAX)), FOLLOW_UP_BODY_CHARS_MAX),
    };
    return canonicalBytes(request);
  },

  describe({ request: bytes }) {
    const request = readRequest(bytes);
    if ('title' in request) return { form: 'text', does: 'Makes a follow-up task', title: request.title, text: request.body };
    const does = request.do === 'withdraw' ? 'Withdraws' : 'Gives back';
    return { form: 'place', does: `${does} follow-up task ${request.id} on`, place: 'the tasks page' };
  },
  async look(client, { request: bytes }) {
    const request = readRequest(bytes);
    if ('title' in request) return { words: 'Nothing is there yet: the task is made anew.' };
    const row = (await readTasks(client, [request.id].filter(isTaskId))).get(request.id);
    if (!row) return { words: 'The task no longer exists.' };
    return { words: `The task is ${row.done ? 'done' : row.withdrawn ? 'withdrawn' : 'open'} now: “${row.title}”.` };
  },

  async applyMany(tx, inputs) {
    const asked = inputs.map((input) => ({
      input,
      request: readRequest(input.request),
    }));
    const fresh = asked.flatMap(({ input, request }) => ('title' in request ? [{ input, request }] : []));
    const ids = await makeTasks(
      tx,
      fresh.map(({ input: { idempotencyKey: key, batchId, datasetId, ordinal }, request: { title, body } }) => ({
        ...{ key, batchId, datasetId, ordinal, title, body },
      })),
    );
    const inverse = asked.flatMap(({ input, request }) => ('do' in request ? [{ input, request }] : []));
    const undone = inverse.length > 0 ? await invert(tx, inverse) : new Map<string, ApplyResult>();
    return asked.map(
      ({ input: { idempotencyKey: key } }): ApplyResult =>
        undone.get(key) ?? { result: 'succeeded', target: ids.get(key) ?? null, before: NOT_THERE },
    );
  },

  async undo(client, done) {
    const found = await readTasks(client, done.map(({ target }) => target).filter(isTaskId));
    return done.map((one): Undo => {
      const row = one.target === null ? undefined : found.get(one.target);
      if (!row || one.target === null) return { cannot: 'the task no longer exists' };
      const verb = one.action.do === 'withdraw' ? 'reopen' : 'withdraw';
      const refused = whyNot(row, { do: verb, id: one.target, undoes: one.idempotencyKey });
      if (refused !== null) return { cannot: UNDO_WORDS[refused] };
      const action = verb === 'reopen' && one.undid ? { ...one.undid.action, do: verb } : { ...one.action, do: verb };
      return { action, request: canonicalBytes({ do: verb, id: one.target, undoes: one.idempotencyKey }) };
    });
  },
};

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

/** Withdraws or gives back, under the rows' locks; what is not as it was left stays untouched. */
async function invert(tx: Tx, asked: { input: ApplyInput; request: Inverse }[]): Promise<Map<string, ApplyResult>> {
  const held = await lockTasks(tx, asked.map(({ request }) => request.id).filter(isTaskId));
  const results = new Map<string, ApplyResult>();
  const changing = asked.filter(({ input, request }) => {
    const row = held.get(request.id);
    const refused = row ? whyNot(row, request) : 'changed_since';
    results.set(
      input.idempotencyKey,
      refused === null && row
        ? { result: 'succeeded', target: request.id, before: taskState(row) }
        : { result: 'failed', reason: refused ?? 'changed_since' },
    );
    return refused === null;
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
