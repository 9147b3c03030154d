/** What a call to a model costs: in millionths of the currency that its connection's prices are in, as whole numbers. */

/** What a model is asked for money, for a million tokens each. */
export type Prices = { input: number; output: number; currency: string };
export type Tokens = { input: number; output: number };

/** A price for a million tokens has at most six decimals: so a millionth of one is a whole number. */
const MILLION = 1_000_000n;

/** In millionths of the currency, rounded up to the next whole one. */
export function costOf({ input, output }: Pick<Prices, 'input' | 'output'>, tokens: Tokens): number {
  const exact = BigInt(tokens.input) * inMillionths(input) + BigInt(tokens.output) * inMillionths(output);
  return Number((exact + MILLION - 1n) / MILLION);
}

/** An amount that a person typed, in millionths. */
export function millionthsOf(amount: number): number {
  return Number(inMillionths(amount));
}

function inMillionths(amount: number): bigint {
  return BigInt(Math.round(amount * 1_000_000));
}

/**
 * No tokenizer of a model makes more tokens than there are bytes, but each message has some around it: with these no call has more. A token has about four
 * characters in English and less elsewhere, so the bound is some three times what a call comes to.
 */
const AROUND_TOKENS = 200;

export function tokensAtMost(bytes: number): number {
  return bytes + AROUND_TOKENS;
}

/** How the words begin with which a chunk halts at what its batch may cost. */
export const AT_LIMIT = 'The batch may not cost more';

/** "0.0123 USD": two decimals from 1 on, four below, and never 0 for what is not. */
export function amountWords(millionths: number, currency: string): string {
  const amount = millionths / 1_000_000;
  if (millionths === 0) return `0 ${currency}`;
  if (amount < 0.0001) return `less than 0.0001 ${currency}`;
  const text = amount.toLocaleString('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: amount < 1 ? 4 : 2,
  });
  return `${text} ${currency}`;
}
