/** A spool folder: a text file for each item, named by the action's key, for whatever picks files up there. */
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  readParameters,
  refusal,
  requireDo,
  requireNoConnection,
  templateProblems,
  wordsIn,
} from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, FrozenRequest, Inspection, RemoteConnector } from '#lib/connectors/port.ts';
import { TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import { renderTemplate } from '#lib/core/values/template.ts';
import { canonicalBytes } from '#lib/ledger/canonical.ts';

const VERBS = ['write'];
const TARGET = 'the spool folder';

const FAILURES = { no_folder: 'The spool folder is not there. Nothing was written.' };

const BROKE = { why: 'The file may be there, or half of it.', cause: 'broken off while they were written' };

const parameters = z.strictObject({
  text: z.string().min(1, 'A file needs a text, such as {{text}}.').max(TEMPLATE_CHARS_MAX),
});
const frozen = z.object({ text: z.string() });

export function makeSpool({ folder }: { folder: () => string }): RemoteConnector {
  const fileOf = (key: string) => join(folder(), `${key}.txt`);
  return {
    name: 'spool',
    version: 1,
    since: 1,
    kind: 'remote',
    answersSince: 1,
    verbs: VERBS,
    form: {
      choices: [{ words: 'Spool: write a text file', do: 'write', with: { text: '' } }],
      fields: [{ kind: 'text', at: 'with.text', label: 'Text of the file', place: 'text of the file', template: true }],
    },
    check(action, fields = null) {
      requireDo(action, VERBS);
      requireNoConnection(action);
      const problems = templateProblems(readParameters(action, parameters).text, fields, 'with.text');
      if (problems.length > 0) throw refusal(problems);
    },
    effect: () => 'permanent',
    wording: () => ({ verb: 'Spool', past: 'Spooled', will: 'be written into the spool folder', target: TARGET }),
    failureWords: (reason) => wordsIn(FAILURES, reason),
    prepare: (action, item) => canonicalBytes({ text: renderTemplate(readParameters(action, parameters).text, item.fields) }),
    describe: ({ request }) => ({
      form: 'text',
      does: 'Writes a file',
      title: 'named by the key',
      text: readRequest(request).text,
    }),
    retries: [],
    targetOf: () => TARGET,
    uncertainWords: (reason) => (reason === 'write_broke' ? BROKE : null),
    targetFault: (target, reason) => (reason === 'no_folder' ? `${target} is not there` : null),
    apply: (input, signal) => write(fileOf(input.idempotencyKey), input, signal),
    canInspect: () => true,
    inspect: async ({ idempotencyKey }): Promise<Inspection> =>
      access(fileOf(idempotencyKey)).then(
        () => ({ finding: 'happened', target: idempotencyKey }),
        () => ({ finding: 'not_there' }),
      ),
    undo: async (_client, done) => done.map(() => ({ cannot: 'whoever picks the files up may have it already' })),
  };
}

const readRequest = (request: FrozenRequest) => frozen.parse(JSON.parse(Buffer.from(request).toString('utf8')));

/** A file of this name that is there already is this very action's: nothing is written twice. */
async function write(path: string, { request, idempotencyKey }: ApplyInput, signal: AbortSignal): Promise<ApplyResult> {
  try {
    const { text } = readRequest(request);
    await writeFile(path, text, { flag: 'wx', signal });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { result: 'failed', reason: 'no_folder' };
    if (code !== 'EEXIST') return { result: 'uncertain', reason: 'write_broke' };
  }
  return { result: 'succeeded', target: idempotencyKey };
}
