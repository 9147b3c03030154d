/** Connections to mail servers: what is wrong with one, and the button that tries it. */
import { hostRefused, isInClear, type Reach } from '#lib/connectors/http/addresses.ts';
import { tokenProblems } from '#lib/connectors/http/connection.ts';
import { refusal } from '#lib/connectors/parameters.ts';
import type { ConnectionToCheck, Tested } from '#lib/connectors/port.ts';
import { secretProblems } from '#lib/core/connections/auth.ts';
import type { Problem } from '#lib/core/errors.ts';
import { addressProblems, serverOf, writtenAddress } from './address.ts';
import type { Folder, Session } from './session.ts';

/** The address has its port. Throws `invalid` with every wrong place. */
export function checkConnection(given: ConnectionToCheck, reach: Reach): ConnectionToCheck {
  const { address, auth, declared, secrets } = given;
  const problems: Problem[] = addressProblems(address, reach);
  if (auth.kind !== 'basic' && auth.kind !== 'oauth2')
    problems.push({
      path: 'auth.kind',
      message: 'A mail server wants a user name, and a password or an access token: the kind is “basic” or “oauth2”.',
    });
  else if (secrets !== null) problems.push(...secretProblems(auth, secrets));
  if (auth.kind === 'oauth2' && auth.username === undefined)
    problems.push({ path: 'auth.username', message: 'Whose mailbox it is is missing: the user name, often the address.' });
  problems.push(
    ...tokenProblems(
      auth,
      (origin) => hostRefused(origin, reach),
      (place) => isInClear(place, reach),
    ),
  );
  if (declared.keys.honoured) problems.push({ path: 'keys', message: 'A mail server knows no Idempotency-Key. Leave this out.' });
  for (const part of ['inspect', 'success'] as const)
    if (declared[part] !== null)
      problems.push({ path: part, message: 'What became of a command is asked by the mail’s Message-ID. Leave this out.' });
  if (problems.length > 0) throw refusal(problems);
  const server = serverOf(address);
  return { auth, declared, secrets, address: server ? writtenAddress(server) : address };
}

/** What a mail is moved by: without UIDPLUS it could not be said which mail is where. */
export const NEEDED = ['MOVE', 'UIDPLUS'] as const;

const TOLD = [...NEEDED, 'SPECIAL-USE', 'X-GM-EXT-1', 'CONDSTORE', 'IDLE'];

/** What the server can do, and its folders. Throws where the line broke. */
export async function testedSession(session: Session): Promise<Tested> {
  const missing = NEEDED.filter((one) => !session.has(one));
  if (missing.length > 0)
    return {
      ok: false,
      reason: `Signed in. The server lacks ${missing.join(' and ')}, without which no mail can be moved so that it is known which one is where.`,
    };
  const folders = await session.folders();
  const can = TOLD.filter((one) => session.has(one));
  return {
    ok: true,
    reason: `Signed in. ${can.join(', ')}. ${specialWords(session, folders)}`,
    offers: { places: folders.map(({ path }) => path) },
  };
}

function specialWords(session: Session, folders: readonly Folder[]): string {
  const named = (use: string): string | undefined => folders.find(({ special }) => special === use)?.path;
  const [archive, trash] = [named('\\Archive'), named('\\Trash')];
  const archives = session.has('X-GM-EXT-1')
    ? 'Archives by taking the label of the inbox off.'
    : archive
      ? `Archives to “${archive}”.`
      : 'It names no archive folder: use “move to a folder”.';
  return `${archives} ${trash ? `Deletes to “${trash}”.` : 'It names no trash: use “move to a folder”.'}`;
}
