/**
 * Every page, server action, address of the API and stream of the build, asked by every role, by somebody who was put out and by nobody: what the build has and
 * the tables do not is a door that nobody thought of.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ROLES, type Role } from '#lib/core/people/roles.ts';
import { EVERYONE, OPERATIONS, PAGES, STEPS } from '#test/roles.ts';
import { atSize } from '#test/size.ts';
import { ADMIN, expect, test } from './fixtures.ts';

/** Keys of the role agent, by the names of test/roles.ts. */
const AGENTS = { agent: ['work'], supervisor: ['supervise'], starter: ['supervise', 'start'] } as const;
type Agent = keyof typeof AGENTS;
const isAgent = (who: string | null): who is Agent => who !== null && Object.hasOwn(AGENTS, who);

type Who = Role | Agent | 'disabled' | 'nobody';
type Operation = {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean; schema: { type?: string } }[];
};
type Action = { id: string; name: string; page: string };

/** What no step stands behind: whoever is not signed in may call it. */
const OPEN_ACTIONS = [
  ...['acceptResetLinkAction', 'acceptSetupLinkAction', 'beginPasskeySignInAction', 'signInAction'],
  ...['signInWithCodeAction', 'signInWithPasskeyAction', 'signOutAction'],
];
/** Actions that are called otherwise than their step. */
const CALLED: Record<string, string> = { revokeAnyKeyAction: 'revokeKey' };
const ruleOf = (name: string): string | undefined => STEPS[CALLED[name] ?? name.replace(/Action$/, '')];
/** Would do what it is for, whatever it is given. */
const ACTS_AT_ONCE = ['uploadSampleAction'];

const manifest = (name: string) => JSON.parse(readFileSync(`.next/server/${name}-manifest.json`, 'utf8'));
const routesOf = () =>
  Object.keys(manifest('app-paths')).map((path) => path.replace(/\/(page|route)$/, '').replace('/(desk)', '') || '/');
const actionsOf = (): Action[] =>
  Object.entries(manifest('server-reference').node as Record<string, { exportedName: string; workers: object }>).map(
    ([id, { exportedName, workers }]) => {
      const pages = Object.keys(workers).map((page) => page.replace(/^app(\/\(desk\))?/, '').replace(/\/page$/, '') || '/');
      return { id, name: exportedName, page: pages.sort((one, other) => one.length - other.length)[0] ?? '/' };
    },
  );

test('Every door of the build stands in the tables, and opens for those alone that they name', async ({ product }) => {
  const actions = actionsOf();
  const call = async (name: string, cookie: string, ...input: unknown[]) => {
    const action = actions.find((one) => one.name === name);
    if (!action) throw new Error(`The build has no ${name}.`);
    const answer = await fetch(product + filled(action.page), {
      method: 'POST',
      headers: { 'next-action': action.id, 'content-type': 'text/plain;charset=UTF-8', origin: product, cookie },
      body: JSON.stringify(input),
      redirect: 'manual',
    });
    return {
      text: await answer.text(),
      cookie: answer.headers
        .getSetCookie()
        .map((line) => line.split(';', 1)[0])
        .join('; '),
    };
  };
  const { cookie: admin } = await call('signInAction', '', ADMIN);
  const join = async (role: Role): Promise<string> => {
    const email = `${role}-${randomUUID()}@example.org`;
    const { text } = await call('invitePersonAction', admin, { email, role });
    const token = /token=([\w-]+)/.exec(text)?.[1];
    const joined = await call('acceptSetupLinkAction', '', {
      ...{ token, name: role, email, password: 'a horse that reads batteries' },
    });
    expect(joined.cookie, joined.text).not.toBe('');
    return joined.cookie;
  };

  const agentKey = async (who: Agent): Promise<string> => {
    const { text } = await call('makeKeyAction', admin, { name: 'Agents', role: 'agent', scopes: AGENTS[who], days: 1 });
    return /"key":"([\w-]+)"/.exec(text)?.[1] ?? '';
  };

  await test.step('nothing is without a rule', async () => {
    expect(routesOf().sort()).toEqual(Object.keys(PAGES).sort());
    const named = actions.map(({ name }) => name).filter((name) => !OPEN_ACTIONS.includes(name));
    expect(named.filter((name) => !ruleOf(name))).toEqual([]);
    const { paths } = await (await fetch(`${product}/api/v1/openapi.json`)).json();
    const ids = Object.values(paths as Record<string, object>).flatMap((path) =>
      Object.values(path).map((one) => one.operationId),
    );
    expect(ids.sort()).toEqual(Object.keys(OPERATIONS).sort());
  });

  // Each step refuses every other role in tests of its own: here it is about what leads to the steps.
  for (const who of atSize<Who[]>(
    ['nobody', 'supervisor', 'auditor'],
    ['nobody', 'disabled', ...(Object.keys(AGENTS) as Agent[]), ...ROLES],
  )) {
    await test.step(who, async () => {
      const role = who === 'nobody' ? null : who === 'disabled' ? 'operator' : who;
      const cookie = role === null || isAgent(role) ? '' : role === 'admin' ? admin : await join(role);
      const asker: Record<string, string> = isAgent(role)
        ? { authorization: `Bearer ${await agentKey(role)}` }
        : { cookie, origin: product };
      if (who === 'disabled') {
        const { id } = await (await fetch(`${product}/api/auth/get-session`, { headers: { cookie } }))
          .json()
          .then(({ user }) => user);
        expect((await call('disablePersonAction', admin, { personId: id })).text).toContain('"ok":true');
      }
      const known = role !== null && who !== 'disabled';
      const may = (allowed: string) => known && allowed.split(' ').includes(role);
      const wrong: string[] = [];
      const see = (door: string, found: unknown, right: boolean) => {
        if (!right) wrong.push(`${door}: ${found}`);
      };

      // A key has no browser.
      for (const [route, rule] of isAgent(role) ? [] : Object.entries(PAGES)) {
        if (rule === 'data' || route.startsWith('/_')) continue;
        const answer = await fetch(product + filled(route), { headers: { cookie }, redirect: 'manual' });
        const text = await answer.text();
        const { status } = answer;
        const away = status === 307 && `${answer.headers.get('location')}`.startsWith('/sign-in?next=');
        const refused = /<h1[^>]*>(An? \w+ does not|Only an) /.test(text);
        if (rule === 'open') see(route, status, !away && status < 500 && !refused);
        // A monitoring system can't be sent to the sign-in.
        else if (route === '/metrics') see(route, status, status === (may(rule) ? 200 : known ? 403 : 401));
        else if (!known) see(route, status, away);
        // The first page is for those who decide; others have batches to look at.
        else if (route === '/' && role === 'auditor') see(route, status, answer.headers.get('location') === '/batches');
        else see(route, `${status}${refused ? ', refused' : ''}`, status < 500 && !away && refused !== may(rule));
      }

      for (const { name } of actions.filter((one) => !isAgent(role) && !OPEN_ACTIONS.includes(one.name))) {
        const rule = ruleOf(name) ?? '';
        if (may(rule) && ACTS_AT_ONCE.includes(name)) continue;
        const { text } = await call(name, cookie, { no: 'such key' });
        const code = /"code":"(\w+)"/.exec(text)?.[1];
        see(name, code ?? text, code === (known ? (may(rule) ? 'invalid' : 'forbidden') : 'unauthenticated'));
      }

      const { paths } = await (await fetch(`${product}/api/v1/openapi.json`)).json();
      for (const [path, methods] of Object.entries(paths as Record<string, Record<string, Operation>>)) {
        for (const [method, { operationId, parameters = [] }] of Object.entries(methods)) {
          const query = parameters.filter((one) => one.in === 'query' && one.required);
          const asked = new URLSearchParams(
            query.map(({ name, schema }) => [name, schema.type === 'string' ? randomUUID() : '1']),
          );
          const leave = new AbortController();
          const answer = await fetch(`${product}${filled(path)}?${asked}`, {
            method: method.toUpperCase(),
            headers: { ...asker, ...(method === 'get' ? {} : { 'content-type': 'application/json' }) },
            ...(method === 'get' ? {} : { body: '{"no":"such key"}' }),
            signal: leave.signal,
          });
          leave.abort();
          const { status } = answer;
          const right = known
            ? may(OPERATIONS[operationId] ?? '')
              ? status < 500 && ![401, 403].includes(status)
              : status === 403
            : status === 401;
          see(`${method.toUpperCase()} ${path}`, status, right);
        }
      }
      expect(wrong, who).toEqual([]);
    });
  }
  expect(EVERYONE.split(' ').sort()).toEqual([...ROLES].sort());
});

/** An address of the route: what it is about is not there. */
function filled(route: string): string {
  return route
    .replace('[...all]', 'get-session')
    .replace('[...missing]', 'nothing/here')
    .replace(/\[(n|ordinal)\]|\{(n|ordinal|rule)\}/g, '1')
    .replace(/\[r\]|\{receipt\}/g, '1-1')
    .replace(/\[\w+\]|\{\w+\}/g, randomUUID());
}
