/** Follow-ups: a task for a person, made from an item, listed on the tasks page. */
import { z } from 'zod';
import { FOLLOW_UP_BODY_CHARS_MAX, FOLLOW_UP_TITLE_CHARS_MAX, TEMPLATE_CHARS_MAX } from '../core/limits.ts';
import { renderTemplate } from '../core/template.ts';
import { canonicalBytes } from '../ledger/canonical.ts';
import { itemRefusal, readParameters, refusal, requireDo, requireNoConnection, templateProblems } from './parameters.ts';
import type { ApplyInput, TransactionalConnector } from './port.ts';

const template = z.string().max(TEMPLATE_CHARS_MAX, `A template has at most ${TEMPLATE_CHARS_MAX} characters.`);
const parameters = z.strictObject({
  title: template.refine((text) => text.trim() !== '', 'A task needs a title, such as {{subject}}.'),
  body: template.default(''),
});
const frozen = z.object({ title: z.string(), body: z.string() });

export const task: TransactionalConnector = {
  name: 'task',
  version: 1,
  kind: 'transactional',
  check(action, fields = null) {
    requireDo(action, ['create']);
    requireNoConnection(action);
    const { title, body } = readParameters(action, parameters);
    const problems = [...templateProblems(title, fields, 'with.title'), ...templateProblems(body, fields, 'with.body')];
    if (problems.length > 0) throw refusal(problems);
  },
  effect: () => 'undoable',
  wording: () => ({ verb: 'Create a task', past: 'Task created', will: 'get a follow-up task', target: 'the tasks page' }),

  prepare(action, item) {
    const { title, body } = readParameters(action, parameters);
    const line = oneLine(renderTemplate(title, item.fields));
    if (line === '')
      throw itemRefusal(item.ordinal, 'the title of its task is empty. Give the template a word of its own besides the fields.');
    const request = {
      title: cut(line, FOLLOW_UP_TITLE_CHARS_MAX),
      body: cut(storable(renderTemplate(body, item.fields)), FOLLOW_UP_BODY_CHARS_MAX),
    };
    return canonicalBytes(request);
  },

  async applyMany(client, inputs) {
    const ids = await create(client, inputs);
    return inputs.map(({ idempotencyKey }) => ({ result: 'succeeded', target: ids.get(idempotencyKey) ?? null }));
  },
};

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

/** The ids of the follow-ups by key; a key that is there already keeps its row and its id. */
async function create(
  client: Parameters<TransactionalConnector['applyMany']>[0],
  inputs: ApplyInput[],
): Promise<Map<string, string>> {
  const keys = inputs.map(({ idempotencyKey }) => idempotencyKey);
  const requests = inputs.map(({ request }) => frozen.parse(JSON.parse(Buffer.from(request).toString('utf8'))));
  await client.query(
    `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body)
     SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
     ON CONFLICT (idempotency_key) DO NOTHING`,
    [
      keys,
      inputs.map(({ batchId }) => batchId),
      inputs.map(({ datasetId }) => datasetId),
      inputs.map(({ ordinal }) => ordinal),
      requests.map(({ title }) => title),
      requests.map(({ body }) => body),
    ],
  );
  // Asked after the insert, so that a row committed by somebody else under the same key meanwhile is seen too.
  const made = await client.query<{ key: string; id: string }>(
    'SELECT idempotency_key AS key, id::text AS id FROM follow_up WHERE idempotency_key = ANY ($1::text[])',
    [keys],
  );
  return new Map(made.rows.map(({ key, id }) => [key, id]));
}
