/** What is frozen of an action on a repository: the change of one item, its withdrawal, or a push of many. No secret is in it. */
import { z } from 'zod';
import { frozenBytes, overConnection } from '#lib/connectors/frozen.ts';
import { via } from '#lib/connectors/http/via.ts';
import type { FrozenRequest } from '#lib/connectors/port.ts';

export const COMMIT_ID = /^[0-9a-f]{40}$/;

/** `was`: the id of the file as it was read, `absent` where there is to be none, `any` where nobody read it. `to`: null where the file goes. */
const fileChange = z.strictObject({
  path: z.string(),
  was: z.union([z.literal('any'), z.literal('absent'), z.string().regex(COMMIT_ID)]),
  /** of a file that is new */
  mode: z.enum(['100644', '100755', '120000']),
  to: z.union([
    z.null(),
    z.strictObject({ text: z.string() }),
    /** what another path has */
    z.strictObject({ of: z.string() }),
    /** mode and id of what the repository had */
    z.strictObject({ entry: z.string().regex(/^\d{6} [0-9a-f]{40}$/) }),
  ]),
});
export type FileChange = z.infer<typeof fileChange>;

const change = z.object({
  do: z.enum(['write', 'delete', 'move', 'put_back']),
  branch: z.string(),
  message: z.string(),
  files: z.array(fileChange).min(1).max(2),
  /** the commit of an agent that it was made of */
  handedIn: z.string().regex(COMMIT_ID).optional(),
  via,
});
/** What an agent committed of an item, as it is kept until it is frozen. */
const handedChange = change.pick({ branch: true, message: true, files: true }).extend({
  do: z.enum(['write', 'delete', 'move']),
  commit: z.string().regex(COMMIT_ID),
});
const withdrawal = z.object({ do: z.literal('withdraw'), branch: z.string(), undoes: z.string(), via });
const push = z.object({
  do: z.literal('push'),
  /** the batch whose changes these are, and their items as ranges: 1-200,203 */
  batch: z.uuid(),
  items: z.string(),
  /** the branch that they were read from, and the commit that they are made on */
  branch: z.string(),
  base: z.string().regex(COMMIT_ID),
  /** the branch that they go to, and the commit that it stands at; null: it is made */
  to: z.string(),
  was: z.string().regex(COMMIT_ID).nullable(),
  tip: z.string().regex(COMMIT_ID),
  via,
});

export type GitHanded = z.infer<typeof handedChange>;
export type GitChange = z.infer<typeof change>;
export type GitWithdrawal = z.infer<typeof withdrawal>;
export type GitPush = z.infer<typeof push>;
export type GitRequest = GitChange | GitWithdrawal | GitPush;

const frozen = z.discriminatedUnion('do', [change, withdrawal, push]);

/** Throws `invalid` naming the item. */
export const bytesOf = (request: GitRequest, ordinal: number): FrozenRequest => frozenBytes(request, ordinal, 'its change');

export const { readRequest, requestTarget, connectionOf } = overConnection(frozen);

/** Throws when the bytes are no change of this version. */
export function readHanded(bytes: Uint8Array): GitHanded {
  return handedChange.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
