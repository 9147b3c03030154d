/** Connections to a PostgreSQL: what is wrong with one, and what its test finds out. */
import { refusal } from '#lib/connectors/parameters.ts';
import type { ConnectionToCheck } from '#lib/connectors/port.ts';
import { type PostgresPlace, postgresAddress, readPostgresAddress } from '#lib/core/connections/postgres.ts';
import type { Problem } from '#lib/core/errors.ts';

/** A key is honoured for ever, by what countersign_effects keeps: nobody has to promise it. */
export function checkConnection(given: ConnectionToCheck, refused: (place: PostgresPlace) => string | null): ConnectionToCheck {
  const { auth, declared, secrets } = given;
  const place = readPostgresAddress(given.address.trim());
  const problems: Problem[] = [];
  if ('wrong' in place) problems.push({ path: 'address', message: place.wrong });
  else {
    const message = refused(place);
    if (message !== null) problems.push({ path: 'address', message });
  }
  if (auth.kind !== 'basic')
    problems.push({ path: 'auth.kind', message: 'One signs in to a PostgreSQL with a user name and a password.' });
  for (const name of Object.keys(secrets ?? {}))
    if (name !== 'password')
      problems.push({ path: `secrets.${name}`, message: 'The secret of a PostgreSQL is called password.' });
  if (secrets !== null && !('password' in secrets))
    problems.push({ path: 'secrets.password', message: 'The secret “password” is missing.' });
  if (declared.inspect !== null)
    problems.push({ path: 'inspect', message: 'A PostgreSQL is asked in its own way. Leave this out.' });
  if (declared.success !== null)
    problems.push({ path: 'success', message: 'What counts as done is one row changed. Leave this out.' });
  if (problems.length > 0 || 'wrong' in place) throw refusal(problems);
  return { auth, secrets, address: postgresAddress(place), declared: { ...declared, keys: { honoured: true, forHours: null } } };
}
