import { describe, expect, it } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import { AGENT_SCOPES, type AgentScope, type KeyRole, ROLES } from '#lib/core/people/roles.ts';
import type { Actor } from './actor.ts';
import { authorise, may, type Verb } from './authorise.ts';

// Written out and not computed, so that a change of the table has to be made twice.
const ALLOWED: Record<Verb, string> = {
  upload: 'admin operator',
  read_anew: 'admin operator',
  keep_datasets: 'admin operator',
  plan: 'admin operator',
  start: 'admin operator start',
  undo: 'admin operator',
  push: 'admin operator',
  see: 'admin operator reviewer',
  download: 'admin operator reviewer',
  correct: 'admin operator reviewer',
  mark: 'admin operator reviewer',
  assign: 'admin operator',
  decide: 'admin operator reviewer',
  revise: 'admin operator reviewer',
  release: 'admin operator reviewer',
  refuse_rest: 'admin operator reviewer',
  answer: 'admin operator reviewer',
  finish: 'admin operator reviewer',
  pause: 'admin operator reviewer',
  resume: 'admin operator',
  cancel: 'admin operator',
  accept_rest: 'admin operator',
  retry: 'admin operator',
  see_batches: 'admin operator reviewer auditor',
  download_receipts: 'admin operator reviewer auditor',
  verify: 'admin operator reviewer auditor',
  connections: 'admin',
  use_connections: 'admin operator',
  fleet: 'admin',
  see_fleet: 'admin operator',
  account: 'admin operator reviewer auditor',
  keys: 'admin operator reviewer auditor',
  security: 'admin auditor',
  erase: 'admin',
  people: 'admin',
  create_dataset: 'admin operator supervise',
  see_dataset: 'admin operator reviewer supervise',
  create: 'admin operator supervise',
  see_batch: 'admin operator reviewer auditor supervise',
  work: 'work',
  supervise: 'supervise',
  read_tasks: 'work supervise',
};

const actor = (role: KeyRole): Actor => ({ id: 'user:00000000-0000-4000-8000-000000000000', role, name: 'Bo', via: 'page' });
const agent = (...scopes: AgentScope[]): Actor => ({ ...actor('agent'), scopes });

describe('every role and every verb', () => {
  for (const [verb, allowed] of Object.entries(ALLOWED) as [Verb, string][]) {
    for (const asker of [...ROLES.map(actor), ...AGENT_SCOPES.map((scope) => agent(scope)), actor('agent')]) {
      const role = asker.scopes?.[0] ?? asker.role;
      const yes = allowed.split(' ').includes(role);
      it(`${role} ${yes ? 'may' : "can't"} ${verb}`, () => {
        expect(may(asker, verb)).toBe(yes);
        if (yes) expect(() => authorise(asker, verb)).not.toThrow();
        else expect(() => authorise(asker, verb)).toThrow(expect.objectContaining({ code: 'forbidden' }));
      });
    }
  }

  it('a role that is not in the table may do nothing', () => {
    for (const verb of Object.keys(ALLOWED) as Verb[]) expect(may({ role: 'root' as KeyRole }, verb)).toBe(false);
  });
});

it('a refusal names the role, the verb and who can', () => {
  const refused = (role: KeyRole, verb: Verb): string => {
    try {
      authorise(actor(role), verb);
    } catch (error) {
      if (error instanceof CountersignError) return error.message;
    }
    return '';
  };
  expect(refused('reviewer', 'start')).toBe("A reviewer can't start batches. An operator or an admin can.");
  expect(refused('auditor', 'decide')).toBe("An auditor can't decide on chunks. A reviewer, an operator or an admin can.");
  expect(() => authorise(agent('work'), 'start')).toThrow(
    "An agent with the scope work can't start batches. An operator, an admin or an agent with the scope start can.",
  );
  expect(refused('operator', 'people')).toBe("An operator can't manage people, roles, keys and settings. An admin can.");
});
