/** What a start that can't go on says, for every error that a person can do something about. */
import { CountersignError } from '#lib/core/errors.ts';
import { DATABASE_FAULT_WORDS, damageOf, databaseFault } from '#lib/core/fleet/database-fault.ts';
import { diskFull, isDiskFull } from '#lib/store/postgres/embedded/unstartable.ts';

/** A sentence or two: what, where and what to do. The error itself, with its stack, where it is one of ours. */
export function wordsOfRefusal(error: unknown, dataDir = 'DATA_DIR'): unknown {
  if (error instanceof CountersignError) return error.message;
  const damage = damageOf(error);
  if (damage) return damage.message;
  const { code, path, syscall, message } = error as NodeJS.ErrnoException;
  if (isDiskFull(error)) return diskFull(path ?? dataDir).message;
  if (syscall && path && ['EACCES', 'EPERM', 'EROFS'].includes(code ?? '')) {
    return `${path} can't be written (${code}). Give it to the user that starts Countersign, or set DATA_DIR to a folder of that user.`;
  }
  if (syscall && path && ['EEXIST', 'ENOTDIR'].includes(code ?? '')) {
    return `${path} is a file where a folder is needed. Set DATA_DIR to a folder.`;
  }
  const fault = databaseFault(error);
  if (fault)
    return `${DATABASE_FAULT_WORDS[fault.kind].what} ${DATABASE_FAULT_WORDS[fault.kind].todo} Then start again. (${message})`;
  // What a server says of a role, a password or a database that it does not know.
  if (code && /^(28|3D)...$/.test(code))
    return `The database refuses DATABASE_URL: ${message}. Fix what it names, and start again.`;
  return error;
}
