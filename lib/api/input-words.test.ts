import type { AnyContractProcedure } from '@orpc/contract';
import { expect, test } from 'vitest';
import { z } from 'zod';
import '#lib/core/values/input-words.ts';
import { contract } from './contract.ts';

type Router = { [name: string]: Router | AnyContractProcedure };

function proceduresOf(router: Router): AnyContractProcedure[] {
  return Object.values(router).flatMap((one) => ('~orpc' in one ? [one as AnyContractProcedure] : proceduresOf(one as Router)));
}

/** All that is wrong with an empty request, the members of a union apart. */
function messagesOf(issues: readonly z.core.$ZodIssue[]): string[] {
  return issues.flatMap((issue) => [issue.message, ...(issue.code === 'invalid_union' ? issue.errors.flatMap(messagesOf) : [])]);
}

test('what is missing in a request is told with what to send, on every path', () => {
  let missing = 0;
  for (const procedure of proceduresOf(contract as unknown as Router)) {
    const { inputSchema, route } = procedure['~orpc'];
    if (!inputSchema) continue;
    for (const empty of [{}, { params: {}, query: {}, body: {} }, { params: {}, query: {} }]) {
      const read = (inputSchema as unknown as z.ZodType).safeParse(empty);
      for (const message of messagesOf(read.error?.issues ?? [])) {
        expect(message, `${route.method} ${route.path}`).not.toMatch(/undefined|Invalid|expected/);
        missing += 1;
      }
    }
  }
  expect(missing).toBeGreaterThan(100);
});

test('says what to send, and what came instead', () => {
  const told = (schema: z.ZodType, value?: unknown) => schema.safeParse(value).error?.issues[0]?.message;
  expect(told(z.int().min(1).describe('The number of the claim.'))).toBe(
    'It is missing. Send a whole number. The number of the claim.',
  );
  expect(told(z.number(), '3')).toBe('This is a text. Send a number.');
  expect(told(z.int(), 1.5)).toBe('This is a fraction. Send a whole number.');
  expect(told(z.array(z.string()), {})).toBe('This is an object. Send a list.');
  expect(told(z.enum(['a', 'b']))).toBe('It is missing. Send one of: a, b.');
  expect(told(z.uuid())).toBe('It is missing. Send an id.');
  expect(told(z.strictObject({ a: z.boolean() }), null)).toBe('This is null. Send an object.');
  expect(told(z.string('A name is missing.'))).toBe('A name is missing.');
});
