/** Connections to repositories: what is wrong with one, and the button that tries it. */
import type { Reach } from '#lib/connectors/http/addresses.ts';
import { refusal } from '#lib/connectors/parameters.ts';
import type { ConnectionToCheck, Tested } from '#lib/connectors/port.ts';
import { secretProblems } from '#lib/core/connections/auth.ts';
import type { Problem } from '#lib/core/errors.ts';
import { addressFault, writtenAddress } from './address.ts';
import { gitConnection } from './form.ts';
import type { Repository } from './repository.ts';

/** A key is honoured for ever: a change is kept under it, and a push that is sent again is the same commits. */
export function checkConnection(given: ConnectionToCheck, reach: Reach): ConnectionToCheck {
  const { address, auth, declared, secrets } = given;
  const problems: Problem[] = [];
  const fault = addressFault(address, reach);
  if (fault !== null) problems.push({ path: 'address', message: fault });
  if (!gitConnection.auth.includes(auth.kind))
    problems.push({
      path: 'auth.kind',
      message:
        'One signs in to a repository with a user name and a password or token (basic), a token (bearer), or not at all (none).',
    });
  if (secrets !== null) problems.push(...secretProblems(auth, secrets));
  for (const part of ['inspect', 'success'] as const)
    if (declared[part] !== null)
      problems.push({ path: part, message: 'A repository is asked whether it has a commit. Leave this out.' });
  if (problems.length > 0) throw refusal(problems);
  return {
    auth,
    secrets,
    address: writtenAddress(address) ?? address,
    declared: { ...declared, keys: { honoured: true, forHours: null } },
  };
}

const BRANCHES_TOLD = 1_000;

/** Throws Unreached. */
export async function testedRepository(repository: Repository): Promise<Tested> {
  const branches = await repository.branches();
  if (branches.length === 0)
    return { ok: false, reason: 'Signed in. The repository has no branch yet: push a first commit to it.' };
  const first = branches.includes('main') ? 'main' : branches[0];
  const more = branches.length === 1 ? '' : `, and ${branches.length - 1} more`;
  return {
    ok: true,
    reason: `Signed in. It has the branch ${first}${more}.`,
    offers: { places: branches.slice(0, BRANCHES_TOLD) },
  };
}
