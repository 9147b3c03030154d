/**
 * Errands for agents (docs/agents.md): what is approved is handed to an agent, which says what became of it. The intent is on record before anybody can take the errand, and
 * the key of its attempt is the errand's, so who asks again finds the same one. Nobody's silence is taken for an answer.
 */
import { z } from 'zod';
import { frozenBytes } from '#lib/connectors/frozen.ts';
import {
  itemRefusal,
  readParameters,
  refusal,
  requireDo,
  requireNoConnection,
  templateProblems,
  wordsIn,
} from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, LaterConnector, LaterResult } from '#lib/connectors/port.ts';
import type { Problem } from '#lib/core/errors.ts';
import {
  ERRAND_LOOK_MS,
  ERRAND_MINUTES,
  ERRAND_MINUTES_MAX,
  ERRAND_UNREAD_MS,
  REQUEST_BYTES_MAX,
  TEMPLATE_CHARS_MAX,
} from '#lib/core/limits.ts';
import { WITHDRAWN } from '#lib/core/receipts/answer.ts';
import { heardLines } from '#lib/core/receipts/heard.ts';
import { renderedLength, renderTemplate, templateFields } from '#lib/core/values/template.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import { lookAtErrand, putDown, readSeen, type Seen } from '#lib/store/errands/errands.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { agentForm } from './form.ts';
import { type ErrandRequest, readErrand } from './frozen.ts';

const parameters = z.strictObject({
  instruction: z
    .string()
    .max(TEMPLATE_CHARS_MAX, `A template has at most ${TEMPLATE_CHARS_MAX} characters.`)
    .refine((text) => text.trim() !== '', 'Say what the agent is to do with each item.'),
  fields: z.array(z.string()).max(100).default([]),
  minutes: z.int().min(1).max(ERRAND_MINUTES_MAX).default(ERRAND_MINUTES),
});

const VERBS = ['do'];
const TAKES = `\`instruction\`, what an agent is to do with the item, with fields in double braces; \`fields\`, the names of those that it is given beside that; \`minutes\`, how long it has (${ERRAND_MINUTES}). Silence after that is an outcome that nobody knows.`;

const FAILURES = {
  agent_failed: 'The agent says that it did not do it.',
  unreadable_request: 'The approved request could not be read. Nothing was sent.',
};
const SILENT = {
  why: 'The agent that had the errand did not say in time what became of it.',
  cause: 'with an agent that said nothing in time',
};
const UNTAKEN = {
  why: 'No agent had the errand when its chunk was brought to a stop, and none is given it any more. Nothing was done.',
  cause: 'that no agent had yet',
};
const CANNOT = 'an agent did it: what undoes it is a plan of its own';

/** @param client where errands are kept */
export function makeAgent({ client }: { client: () => Querying }): LaterConnector {
  async function apply(input: ApplyInput): Promise<LaterResult> {
    try {
      readErrand(input.request);
    } catch {
      return { result: 'failed', reason: 'unreadable_request' };
    }
    const { idempotencyKey: key, batchId, ordinal } = input;
    try {
      await putDown(client(), { key, batchId, ordinal, requestDigest: sha256(Buffer.from(input.request)) });
      const seen = await lookAtErrand(client(), key);
      if (!seen) throw new Error(`Item ${ordinal} is in no chunk.`);
      return answerOf(key, seen);
    } catch {
      // Nothing is known of it, and so nothing is said of it: the errand is looked at again.
      return { result: 'pending', ms: ERRAND_UNREAD_MS };
    }
  }

  return {
    ...{ name: 'agent', version: 1, since: 1, kind: 'remote', answersSince: 1, answersLater: true },
    ...{ verbs: VERBS, takes: TAKES, form: agentForm },
    check(action, fields = null) {
      requireDo(action, VERBS);
      requireNoConnection(action);
      const { instruction, fields: named } = readParameters(action, parameters);
      const problems: Problem[] = templateProblems(instruction, fields, 'with.instruction');
      const known = fields === null ? null : new Set(fields);
      for (const [at, name] of named.entries())
        if (known && !known.has(name))
          problems.push({ path: `with.fields.${at}`, message: `The dataset has no field “${name}”.` });
      if (problems.length > 0) throw refusal(problems);
    },
    effect: () => 'permanent',
    wording: () => ({
      ...{ verb: 'Give … to an agent', past: 'Done by an agent', will: 'be given to an agent as an errand', target: 'an agent' },
    }),
    failureWords: (reason) => wordsIn(FAILURES, reason),
    reads(action) {
      const { instruction, fields } = readParameters(action, parameters);
      return [...templateFields(instruction), ...fields];
    },
    prepare(action, item) {
      const { instruction, fields, minutes } = readParameters(action, parameters);
      if (renderedLength(instruction, item.fields) > REQUEST_BYTES_MAX)
        throw itemRefusal(item.ordinal, `its errand would have more than ${REQUEST_BYTES_MAX} bytes, the limit.`);
      const fieldOf = (name: string): string =>
        Object.hasOwn(item.fields, name) ? (item.fields[name] ?? '').toWellFormed() : '';
      const request: ErrandRequest = {
        ...{ instruction: renderTemplate(instruction, item.fields).toWellFormed(), minutes },
        fields: fields.map((name) => ({ name, value: fieldOf(name) })),
      };
      return frozenBytes(request, item.ordinal, 'its errand');
    },
    describe({ request }) {
      const { instruction, fields, minutes } = readErrand(request);
      const given = fields.map(({ name, value }) => `${name}: ${value}`);
      return {
        ...{ form: 'text', does: `Gives an agent an errand, with ${minutes} minutes to answer`, title: 'The errand' },
        text: [instruction, ...(given.length > 0 ? ['', ...given] : [])].join('\n'),
      };
    },
    retries: [],
    targetOf: () => null,
    targetFault: () => null,
    uncertainWords: (reason) => (reason === 'agent_silent' ? SILENT : reason === WITHDRAWN ? UNTAKEN : null),
    apply,
    canInspect: () => true,
    /** What was answered too late to be an outcome. */
    async inspect({ idempotencyKey }) {
      const seen = await readSeen(client(), idempotencyKey).catch(() => null);
      if (seen?.answer === 'done') return { finding: 'happened', target: seen.target ?? idempotencyKey };
      if (seen?.answer === 'failed') return { finding: 'did_not' };
      return { finding: 'unknown', reason: seen ? 'agent_silent' : 'not_answered' };
    },
    undo: async (_client, done) => done.map(() => ({ cannot: CANNOT })),
  };
}

function answerOf(key: string, seen: Seen): LaterResult {
  if (seen.closed === 'heard') {
    const heard = heardOf(seen);
    const answered: ApplyResult =
      seen.answer === 'done'
        ? { result: 'succeeded', target: seen.target ?? key, heard }
        : { result: 'failed', reason: 'agent_failed', heard };
    return answered;
  }
  if (seen.closed === 'withdrawn') return { result: 'withdrawn' };
  if (seen.closed === 'silent') return { result: 'uncertain', reason: 'agent_silent' };
  return { result: 'pending', ms: Math.min(ERRAND_LOOK_MS, seen.ms ?? ERRAND_LOOK_MS) };
}

/** The agent's words stand where a target's answer does, so that they can be erased. */
function heardOf({ answer, givenTo, givenName, words }: Seen): string {
  const lines = [`${answer === 'done' ? 'Done' : 'Not done'}, says ${givenName} (${givenTo})`];
  return heardLines(lines, Buffer.from(words ?? ''), true);
}
