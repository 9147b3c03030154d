/** What takes a change back: it is withdrawn while no push took it along, and else reversed by another change, which waits for a push of its own. Pure. */

import { z } from 'zod';
import type { Done, Undo } from '#lib/connectors/port.ts';
import type { StagedRow } from '#lib/store/repositories/staged.ts';
import { bytesOf, type FileChange, type GitChange, readRequest } from './frozen.ts';

/** Of each file of the request, what it was and what it became. */
const effects = z.array(z.tuple([z.string().nullable(), z.string().nullable()]));

export function undoOf({ action, ordinal, request: bytes, idempotencyKey }: Done, staged: StagedRow | undefined): Undo {
  const request = readRequest(bytes);
  if (request.do === 'push')
    return { cannot: 'others may have what was pushed: undo the batch whose changes these are, and push that' };
  if (request.do === 'withdraw') return { cannot: 'the change was withdrawn before anything was pushed: plan it again' };
  if (!staged) return { cannot: 'nothing is kept of the change any more' };
  if (staged.withdrawnBy !== null) return { cannot: 'it was withdrawn already' };
  const { branch, via } = request;
  if (staged.pushed === null) {
    if (staged.pushing !== null) return { cannot: 'a push of it is on its way: wait for its end' };
    return {
      action: { ...action, do: 'withdraw' },
      request: bytesOf({ do: 'withdraw', branch, undoes: idempotencyKey, via }, ordinal),
    };
  }
  const files = effects.safeParse(staged.files);
  if (!files.success || files.data.length !== request.files.length) return { cannot: 'what the files were before is not kept' };
  const back: GitChange = {
    ...{ do: 'put_back', branch, via, message: `Reverse “${request.message.split('\n')[0]}”` },
    files: request.files.map(({ path }, at): FileChange => {
      const [before = null, after = null] = files.data[at] ?? [];
      return {
        path,
        mode: '100644',
        was: after === null ? 'absent' : idOf(after),
        to: before === null ? null : { entry: before },
      };
    }),
  };
  return { action: { ...action, do: 'put_back' }, request: bytesOf(back, ordinal) };
}

const idOf = (entry: string): string => entry.split(' ')[1] ?? '';
