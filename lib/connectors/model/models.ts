/** Models behind connections: they are asked to classify, and no action goes over them (docs/models.md). */
import type { Reach } from '#lib/connectors/http/addresses.ts';
import type { HttpOptions } from '#lib/connectors/http/connector.ts';
import { type Credentials, credentialsFor, type NoCredentials } from '#lib/connectors/http/credentials.ts';
import { failureWords } from '#lib/connectors/http/failures.ts';
import { guardedAgent } from '#lib/connectors/http/send.ts';
import { tokensOver } from '#lib/connectors/http/tokens.ts';
import type { ConnectionKind } from '#lib/connectors/port.ts';
import { targetName } from '#lib/core/connections/target.ts';
import { secretName } from '#lib/core/connections/through.ts';
import type { ModelOfConnection } from '#lib/core/models/model.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { type AskedOfModel, askModel, type ModelAnswer } from './ask.ts';
import { checkConnection } from './connection.ts';
import { modelConnection } from './form.ts';

/** The connector that such a connection names. */
export const MODEL = 'model';

export type Models = {
  connections: ConnectionKind;
  /** A call over this connection, with its secret as it is now; each part of the answer is handed over when it comes. Never throws. */
  ask(
    live: LiveConnection,
    model: ModelOfConnection,
    asked: AskedOfModel,
    take: (part: unknown) => unknown,
    signal: AbortSignal,
  ): Promise<ModelAnswer>;
};

/** Its sockets live as long as the process and hold no process alive. */
export function makeModels({ allowPrivateTargets, targetsAllowed = () => [], resolve }: HttpOptions): Models {
  const reach: Reach = { allowPrivate: allowPrivateTargets, allowed: targetsAllowed };
  const agent = guardedAgent(reach, resolve);
  const tokens = tokensOver(agent);
  const credentialsOf = (live: LiveConnection, signal: AbortSignal): Promise<Credentials | NoCredentials> => {
    const { id, name: connection, revision, address, auth } = live;
    const via = { connection, id, revision, address, auth, secret: secretName(id) };
    return credentialsFor({ connections: async () => live, tokens }, via, { id: '', body: null }, signal);
  };
  const ask: Models['ask'] = async (live, model, asked, take, signal) => {
    const credentials = await credentialsOf(live, signal);
    if ('reason' in credentials) return { outcome: 'refused', reason: credentials.reason, says: null, roomMs: null };
    return askModel(agent, { model, address: live.address, credentials }, asked, take, signal);
  };
  return {
    ask,
    connections: {
      form: modelConnection,
      stopsAtOnce: [],
      of: () => null,
      check: (given) => checkConnection(given, reach),
      targetOf: ({ name, address }) => targetName(address, name),
      async test(live, _asked, signal) {
        const { model } = live.declared;
        if (!model) return { ok: false, reason: 'The connection does not say which model it leads to.' };
        const said: unknown[] = [];
        const answer = await ask(live, model, TRIED, (part) => said.push(part), signal);
        if (answer.outcome === 'answered')
          return said.length > 0
            ? { ok: true, reason: `${model.name} answered.` }
            : {
                ok: false,
                reason: `${model.name} answered, but not in the form that it was asked for: it may know no structured output.`,
              };
        const words = failureWords(answer.reason) ?? 'The model did not answer.';
        return { ok: false, reason: answer.says ? `${words} It says: ${answer.says}` : words };
      },
    },
  };
}

const TRIED: AskedOfModel = {
  system: 'You are asked whether you answer at all.',
  prompt: 'Answer with a list of one element whose `word` is "yes".',
  element: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'], additionalProperties: false },
  outputTokens: 200,
};
