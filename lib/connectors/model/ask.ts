/** One call to a model: what is told it goes as text and data, without tools, and each part of its answer is handed over when it comes. Nothing is repeated here. */
import type { JSONSchema7, LanguageModel } from 'ai';
import { type Dispatcher, fetch as fetchOver } from 'undici';
import { unsentReason } from '#lib/connectors/http/answers.ts';
import type { Credentials } from '#lib/connectors/http/credentials.ts';
import { redactText } from '#lib/connectors/http/redact.ts';
import { MODEL_ANSWER_BYTES_MAX, MODEL_CALL_MS } from '#lib/core/limits.ts';
import type { Tokens } from '#lib/core/models/cost.ts';
import type { ModelOfConnection } from '#lib/core/models/model.ts';
import { roomAgainMs } from './headers.ts';

/** `element`: the JSON schema of one part of the answer, which is a list of such. */
export type AskedOfModel = { system: string; prompt: string; element: JSONSchema7; outputTokens: number };

/**
 * answered: it ended as it should, whatever it said; `tokens` are its own count, null where it gave none. refused: nothing was carried out, and nothing is paid.
 * broken: it did not end, and may be paid. `roomMs`: when the server takes more, where it says so. `says`: what it gives as its reason, without the key.
 */
export type ModelAnswer = { roomMs: number | null } & (
  | { outcome: 'answered'; tokens: Tokens | null; cutShort: boolean }
  | { outcome: 'refused' | 'broken'; reason: string; says: string | null }
);

export type ModelToAsk = { model: ModelOfConnection; address: string; credentials: Credentials };

/** Never throws: what goes wrong is an answer. `signal`: whoever asked goes. */
export async function askModel(
  dispatcher: Dispatcher,
  { model, address, credentials }: ModelToAsk,
  { system, prompt, element, outputTokens }: AskedOfModel,
  take: (part: unknown) => unknown,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const heard: Heard = { status: null, headers: null, fault: null };
  const { streamText, Output, jsonSchema, APICallError } = await import('ai');
  const ended = AbortSignal.any([signal, AbortSignal.timeout(MODEL_CALL_MS)]);
  let fault: unknown = null;
  const stream = streamText({
    model: await languageModel(model, address, guardedFetch(dispatcher, model, credentials, heard)),
    ...{ system, prompt, maxOutputTokens: outputTokens },
    // Each repeat is another call, with a price of its own: whoever asks decides.
    maxRetries: 0,
    abortSignal: ended,
    output: Output.array({
      // What a part holds is judged by whoever asked: one that is wrong must not hide the others.
      element: jsonSchema<unknown>(element, { validate: (value) => ({ success: true, value }) }),
    }),
    onError: ({ error }) => {
      fault ??= error;
    },
  });
  try {
    for await (const part of stream.elementStream) take(part);
    const [usage, finish] = [await stream.usage, await stream.finishReason];
    if (finish !== 'error')
      return { outcome: 'answered', tokens: tokensIn(usage), cutShort: finish === 'length', roomMs: room() };
  } catch (error) {
    fault ??= error;
  }
  const says = APICallError.isInstance(fault) ? redactText(credentials.redact, fault.message.slice(0, SAYS_CHARS)) : null;
  const { outcome, reason } = verdict(heard, ended.aborted, signal.aborted);
  return { outcome, reason, says: heard.status === null || heard.status < 300 ? null : says, roomMs: room() };

  function room(): number | null {
    return heard.headers && roomAgainMs(heard.headers, outputTokens, Date.now());
  }
}

const SAYS_CHARS = 300;

type Heard = { status: number | null; headers: Headers | null; fault: unknown };

/** By what was heard: without a status nothing may have been sent. No provider charges for what it turns away. */
function verdict({ status, fault }: Heard, over: boolean, gone: boolean): { outcome: 'refused' | 'broken'; reason: string } {
  if (status === null) {
    if (gone) return { outcome: 'broken', reason: 'aborted' };
    if (over) return { outcome: 'broken', reason: 'timeout' };
    const reason = unsentReason(fault);
    return reason === 'not_connected' ? { outcome: 'broken', reason: 'reset' } : { outcome: 'refused', reason };
  }
  if (status >= 300) return { outcome: status < 500 || FREE.includes(status) ? 'refused' : 'broken', reason: `http_${status}` };
  return { outcome: 'broken', reason: gone ? 'aborted' : over ? 'timeout' : 'incomplete_answer' };
}

/** Unavailable, and overloaded as some say it: turned away before it was looked at. */
const FREE = [503, 529];

function tokensIn({
  inputTokens,
  outputTokens,
}: {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
}): Tokens | null {
  return inputTokens === undefined || outputTokens === undefined ? null : { input: inputTokens, output: outputTokens };
}

/** Each provider's package is loaded when it is first needed. */
async function languageModel(
  { provider, name }: ModelOfConnection,
  baseURL: string,
  fetch: typeof globalThis.fetch,
): Promise<LanguageModel> {
  // The key is put in by the fetch, and is nobody else's.
  const apiKey = 'put in when it is sent';
  switch (provider) {
    case 'anthropic':
      return (await import('@ai-sdk/anthropic')).createAnthropic({ baseURL, apiKey, fetch })(name);
    case 'openai':
      return (await import('@ai-sdk/openai')).createOpenAI({ baseURL, apiKey, fetch }).chat(name);
    case 'openai-compatible':
      return (await import('@ai-sdk/openai-compatible')).createOpenAICompatible({
        ...{ name: 'model', baseURL, fetch, includeUsage: true, supportsStructuredOutputs: true },
      })(name);
  }
}

/** A fetch that goes to judged addresses only, follows no redirect, carries the connection's credential, and stops at an answer that is too long. */
function guardedFetch(
  dispatcher: Dispatcher,
  { provider }: ModelOfConnection,
  credentials: Credentials,
  heard: Heard,
): typeof globalThis.fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    for (const name of ['authorization', 'x-api-key']) headers.delete(name);
    headers.set('accept-encoding', 'identity');
    for (const [name, value] of Object.entries(credentials.headers)) {
      const bearer = /^Bearer (.*)$/.exec(value)?.[1];
      if (provider === 'anthropic' && name === 'authorization' && bearer !== undefined) headers.set('x-api-key', bearer);
      else headers.set(name, value);
    }
    try {
      const answer = await fetchOver(String(input instanceof Request ? input.url : input), {
        ...{ method: init?.method ?? 'POST', body: String(init?.body ?? ''), signal: init?.signal ?? null },
        ...{ headers: [...headers], dispatcher, redirect: 'manual' },
      });
      heard.status = answer.status;
      heard.headers = new Headers([...answer.headers]);
      const body = answer.body as ReadableStream<Uint8Array> | null;
      return new Response(body?.pipeThrough(bounded()) ?? null, { status: answer.status, headers: heard.headers });
    } catch (error) {
      heard.fault = error;
      throw error;
    }
  };
}

function bounded(): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(part, to) {
      size += part.length;
      if (size > MODEL_ANSWER_BYTES_MAX) to.error(new Error('The answer is too long.'));
      else to.enqueue(part);
    },
  });
}
