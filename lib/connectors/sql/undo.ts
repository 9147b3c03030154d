/** What takes a change back: by what the database keeps of it, and only while the row is still as the change left it. */
import type { Done, Undo } from '#lib/connectors/port.ts';
import { bytesOf, readRequest, type SqlPutBack } from './frozen.ts';

/** What was put back is taken back in the same way. */
export function undoOf({ action, ordinal, request: bytes, idempotencyKey, before }: Done): Undo {
  const request = readRequest(bytes);
  if (request.do === 'delete' && request.cascade)
    return { cannot: 'rows of other tables may have gone with the deleted one, and nobody kept them' };
  const names = request.do === 'put_back' ? request : { key: Object.keys(request.key), set: Object.keys(request.set) };
  const back: SqlPutBack = {
    ...{ do: 'put_back', table: request.table, undoes: idempotencyKey, before, via: request.via },
    ...{ key: names.key, set: names.set },
  };
  return { action: { ...action, do: 'put_back' }, request: bytesOf(back, ordinal) };
}
