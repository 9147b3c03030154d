/** What connectors say of themselves for whoever builds many requests: what they read, and what a request changes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { fieldsBehind } from '#lib/core/values/template.ts';
import { atSize } from '#test/size.ts';
import { CONNECTORS } from './kinds.ts';
import type { FrozenRequest } from './port.ts';
import { connectorFor } from './registry.ts';

const action = (connector: string, verb: string, given: Action['with'] = {}): Action => ({
  ...{ connector, connection: null, do: verb, honoursKeys: false, with: given },
});

const ACTIONS: Action[] = [
  action('shelf', 'archive'),
  action('none', 'label'),
  action('task', 'create', { title: '{{a}}{{b}}', body: '{{target}} {{idempotencyKey}}' }),
  action('http', 'PUT', {
    url: 'https://example.com/{{a}}?q={{target}}',
    headers: { 'x-one': '{{b}}' },
    body: { deep: [{ text: '{{c.d}}' }] },
    undo: { do: 'DELETE', url: 'https://example.com/{{e}}/{{target}}', body: '{{f}}' },
    inspect: { url: 'https://example.com/{{g}}/{{idempotencyKey}}', happened: { contains: '{{h}}', json: { '/x': '{{i}}' } } },
    success: { contains: '{{j}}', json: { '/y': '{{k}}' } },
  }),
  {
    ...action('sql', 'update', {
      table: 'public.t',
      key: { id: '{{a}}' },
      set: { x: '{{b}} {{c.d}}', y: null },
      only: { z: '{{e}}' },
    }),
    connection: 'db',
    through: {
      ...{
        id: '00000000-0000-4000-8000-00000000000d',
        revision: 1,
        address: 'postgresql://db.example:5432/crm?sslmode=verify-full',
      },
      ...{
        auth: { kind: 'basic' as const, username: 'bot' },
        secret: null,
        keys: true,
        inspect: null,
        success: null,
        permanent: false,
      },
    },
  },
  {
    ...action('imap', 'move', { to: 'A', folder: '{{a}}', messageId: '{{b}}', uid: '{{c.d}}', uidValidity: '{{e}}' }),
    connection: 'mail',
    through: {
      ...{ id: '00000000-0000-4000-8000-000000000000', revision: 1, address: 'imaps://mail.example:993' },
      ...{
        auth: { kind: 'basic', username: 'ada' },
        secret: 'secret:x',
        keys: false,
        inspect: null,
        success: null,
        permanent: false,
      },
    },
  },
  {
    ...action('git', 'write', { branch: '{{a}}', path: '{{b}}', blob: '{{c.d}}', content: '{{e}}{{f}}', message: '{{g}}' }),
    connection: 'repo',
    through: {
      ...{ id: '00000000-0000-4000-8000-00000000000e', revision: 1, address: 'https://git.example/a.git' },
      ...{ auth: { kind: 'none' }, secret: null, keys: true, inspect: null, success: null, permanent: false },
    },
  },
  action('agent', 'do', { instruction: 'Do {{a}} {{b}}', fields: ['c.d', 'other'] }),
];

const NAMES = ['a', 'b', 'c.d', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'target', 'idempotencyKey', 'other'];

function built(one: Action, fields: Record<string, string>): string {
  try {
    return new TextDecoder().decode(connectorFor(one.connector).prepare(one, { ordinal: 3, fields }));
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return error.message;
  }
}

test('whoever reads only what a connector says that it reads builds the same request, or is refused in the same words', () => {
  expect(new Set(ACTIONS.map(({ connector }) => connector))).toEqual(new Set(CONNECTORS.map(({ name }) => name)));
  const values = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.constantFrom('', 'x', '..', 'ü', '\n', '\ud800')])), {
    requiredKeys: [],
  });
  fc.assert(
    fc.property(fc.constantFrom(...ACTIONS), values, (one, fields) => {
      const read = fieldsBehind(connectorFor(one.connector).reads?.(one) ?? []);
      const all = fields as Record<string, string>;
      const some = Object.fromEntries(Object.entries(all).filter(([name]) => read.includes(name)));
      expect(built(one, some)).toBe(built(one, all));
    }),
    { numRuns: atSize(100, 500) },
  );
});

test('the names that http reads are those of its templates, without what is filled in later', () => {
  expect(
    connectorFor('http')
      .reads?.(ACTIONS[3] as Action)
      .sort(),
  ).toEqual(NAMES.filter((name) => !['other', 'idempotencyKey'].includes(name)).sort());
});

describe('what a request changes', () => {
  const resource = (one: Action, fields: Record<string, string>): string | null => {
    const connector = connectorFor(one.connector);
    return connector.resourceOf?.(one, connector.prepare(one, { ordinal: 1, fields }) as FrozenRequest) ?? null;
  };
  const http = (verb: string, url: string, body: Action['with'] = {}) => action('http', verb, { url, ...body });

  test('is what is at its address, whatever the method does there', () => {
    const address = 'https://example.com/t/7';
    for (const verb of ['PUT', 'PATCH', 'DELETE', 'POST'])
      expect(resource(http(verb, 'https://EXAMPLE.com/t/{{id}}'), { id: '7' })).toBe(address);
  });

  test('a POST to an address that all items have makes something new, unless it is the very same request', () => {
    const post = http('POST', 'https://example.com/t', { body: '{{id}}' });
    expect(resource(post, { id: '7' })).not.toBe(resource(post, { id: '8' }));
    expect(resource(post, { id: '7' })).toBe(resource(post, { id: '7' }));
    const put = http('PUT', 'https://example.com/t', { body: '{{id}}' });
    expect(resource(put, { id: '7' })).toBe(resource(put, { id: '8' }));
  });

  test('a look, a label, the item’s own place on a shelf and a new task are shared by nobody', () => {
    expect(resource(http('GET', 'https://example.com/{{id}}'), { id: '7' })).toBeNull();
    expect(resource(http('POST', 'https://example.com/{{id}}', { effect: 'none' }), { id: '7' })).toBeNull();
    for (const one of ACTIONS.slice(0, 3)) expect(resource(one, { a: 'x' })).toBeNull();
  });
});
