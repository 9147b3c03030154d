/** What models cost and said, as pages and the API tell it: amounts in the currency instead of its millionths. */
import type { Origin, Spend } from '#lib/shapes/models.ts';
import type { OriginRow, SpendRow } from '#lib/store/models/spend.sql.ts';

const amountOf = (millionths: number): number => millionths / 1_000_000;

export function spendOf({ spent, atMost, currency, connection }: SpendRow): Spend {
  return { spent: amountOf(spent), atMost: amountOf(atMost), currency, connection };
}

export function originOf({ tokensIn, tokensOut, cost, at, ...row }: OriginRow): Origin {
  return {
    ...row,
    tokens: tokensIn === null || tokensOut === null ? null : { input: tokensIn, output: tokensOut },
    cost: cost === null ? null : amountOf(cost),
    at: at.toISOString(),
  };
}
