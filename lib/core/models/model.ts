/** A model that a connection leads to: whose protocol it speaks, its name there, and what it costs. Pure; the browser reads it too. */
import { z } from 'zod';
import { MODEL_NAME_CHARS_MAX, MODEL_PRICE_MAX, TOKENS_PER_MINUTE_MAX } from '#lib/core/limits.ts';

/** In the order in which a person chooses between them. */
export const PROVIDERS = ['openai-compatible', 'openai', 'anthropic'] as const;
export type Provider = (typeof PROVIDERS)[number];

export const PROVIDER_WORDS: Readonly<Record<Provider, { words: string; address: string }>> = {
  'openai-compatible': {
    words: 'A server that speaks OpenAI’s chat completions (Ollama, vLLM, llama.cpp …)',
    address: 'http://localhost:11434/v1/',
  },
  openai: { words: 'OpenAI', address: 'https://api.openai.com/v1/' },
  anthropic: { words: 'Anthropic', address: 'https://api.anthropic.com/v1/' },
};

const PRICE = `A price is a number from 0 to ${MODEL_PRICE_MAX.toLocaleString('en-US')}, for a million tokens.`;
const price = z.number(PRICE).min(0, PRICE).max(MODEL_PRICE_MAX, PRICE);
const PER_MINUTE = `Tokens per minute are a whole number from 1 to ${TOKENS_PER_MINUTE_MAX.toLocaleString('en-US')}.`;

export const modelOfConnection = z.strictObject({
  provider: z.enum(PROVIDERS, `Whose protocol it speaks is one of: ${PROVIDERS.join(', ')}.`),
  name: z
    .string()
    .min(1, 'The name of the model is missing: what its server calls it.')
    .max(MODEL_NAME_CHARS_MAX, `A model’s name has at most ${MODEL_NAME_CHARS_MAX} characters.`)
    .regex(/^[\x21-\x7E]*$/, 'A model’s name is printable ASCII without spaces.'),
  prices: z
    .strictObject({
      input: price.describe('Of a million tokens that it reads.'),
      output: price.describe('Of a million tokens that it writes.'),
      currency: z.string().regex(/^[A-Z]{3}$/, 'A currency is three capital letters: USD, EUR.'),
    })
    .describe('What it costs, as its provider says. 0 for a model of your own.'),
  tokensPerMinute: z
    .int(PER_MINUTE)
    .min(1, PER_MINUTE)
    .max(TOKENS_PER_MINUTE_MAX, PER_MINUTE)
    .nullable()
    .default(null)
    .describe('Tokens that all workers together read and write in a minute, at most; null: no bound.'),
});
export type ModelOfConnection = z.infer<typeof modelOfConnection>;
