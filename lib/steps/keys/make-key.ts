import { randomUUID } from 'node:crypto';
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise, covers } from '#lib/auth/authorise.ts';
import { makeKeyToken } from '#lib/auth/token.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { KEYS_PER_PERSON_MAX } from '#lib/core/limits.ts';
import { AGENT_SCOPES, type AgentScope, isRole, KEY_ROLES, type KeyRole } from '#lib/core/people/roles.ts';
import { type KeyMade, type NewKeyInput, newKey } from '#lib/shapes/keys.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { countKeys, insertKey } from '#lib/store/keys/keys.ts';
import { lockPeople, readPerson } from '#lib/store/people/people.sql.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { keyView } from './list-keys.ts';

/**
 * Makes a key of the person who asks; the key of the environment makes one of the person whom it names. What it may do is at most what its owner may. The key
 * itself is in the answer and nowhere else.
 *
 * @throws CountersignError `forbidden` (a key makes no key; the role is more than the owner's), `invalid`, `not_found` (a batch, the owner), `conflict` (too many)
 */
export async function makeKey(actor: Actor, raw: NewKeyInput): Promise<KeyMade> {
  authorise(actor, 'keys');
  const { name, role, days, batches = [], owner, ...given } = readInput(newKey, raw);
  const scopes = scopesOf(role, given.scopes);
  const ownerId = ownerOf(actor, owner);
  const { token, digest, hint } = makeKeyToken();
  const id = randomUUID();
  return inTransaction(db().pool, async (tx) => {
    // Whoever is being disabled makes none after it.
    await lockPeople(tx);
    const person = await readPerson(tx, ownerId);
    if (person === null || person.disabledAt !== null || !isRole(person.role))
      throw new CountersignError('not_found', 'There is no person of this id who can sign in. Nothing was made.');
    const { role: own } = person;
    if (!covers(own, role)) {
      const able = KEY_ROLES.filter((one) => covers(own, one)).join(' or ');
      throw new CountersignError('forbidden', `A key can’t do more than its owner. Yours can be one of: ${able}.`, {
        problems: [{ path: 'role', message: `A key of this person is one of: ${able}.` }],
      });
    }
    const known = await tx.prisma.batch.count({ where: { id: { in: batches } } });
    if (known !== new Set(batches).size)
      throw new CountersignError('not_found', 'One of the batches is not there. Nothing was made.', {
        problems: [{ path: 'batches', message: 'One of these is the id of no batch.' }],
      });
    if ((await countKeys(tx, ownerId)) >= KEYS_PER_PERSON_MAX)
      throw new CountersignError('conflict', `A person has ${KEYS_PER_PERSON_MAX} keys at most. Revoke one that nobody uses.`);
    const key = await insertKey(tx, { id, name, digest, hint, role, scopes, batches, ownerId, createdBy: actor.id, days });
    const facts = {
      name,
      owner: `user:${ownerId}`,
      role,
      ...(scopes.length > 0 && { scopes }),
      expiresAt: key.expiresAt.toISOString(),
      ...(batches.length > 0 && { batches }),
      via: actor.via,
    };
    await recordSecurity(tx, { kind: 'key_made', by: actor.id, about: `key:${id}`, facts });
    return { ...keyView(key, key.createdAt), key: token };
  });
}

/** Each once, in their order; an agent's key of which nothing is said works chunks. */
function scopesOf(role: KeyRole, given: readonly AgentScope[] | undefined): AgentScope[] {
  const refused = (message: string) => new CountersignError('invalid', message, { problems: [{ path: 'scopes', message }] });
  if (role !== 'agent') {
    if (given === undefined) return [];
    throw refused(`Only a key of the role agent has scopes. Leave them out, or make the role agent.`);
  }
  const scopes = AGENT_SCOPES.filter((one) => (given ?? ['work']).includes(one));
  if (scopes.includes('start') && !scopes.includes('supervise'))
    throw refused('Only a key that supervises starts batches. Add the scope supervise, or leave out start.');
  return scopes;
}

function ownerOf(actor: Actor, named: string | undefined): string {
  if (actor.owner !== undefined)
    throw new CountersignError(
      'forbidden',
      'An API key makes no API key: whoever finds one could keep their way in. Sign in and make it there.',
    );
  const own = personOf(actor);
  if (own === null) {
    if (named !== undefined) return named;
    throw new CountersignError('invalid', 'The key of the environment is nobody’s. Name the owner of the new key.', {
      problems: [{ path: 'owner', message: 'This is missing.' }],
    });
  }
  if (named === undefined || named === own) return own;
  throw new CountersignError('forbidden', 'You can make keys of your own only. Everybody makes their own keys.');
}
