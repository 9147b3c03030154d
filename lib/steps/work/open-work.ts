/** What the verbs of an agent have in common: the claim that stands or does not, and the page of items that comes next. */
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import { AGENT_FIELD_CHARS, AGENT_PAGE_CHARS, AGENT_PAGE_ITEMS } from '#lib/core/limits.ts';
import type { WorkItem } from '#lib/shapes/work.ts';
import { type AgentClaim, holdForAgent, readStanding } from '#lib/store/chunks/agent-claims.sql.ts';
import { unclassified } from '#lib/store/chunks/classifications.sql.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

/** `key`: the id of the key that asks. A claim is of the key that it was made with. */
export type OwnChunk = { batchId: string; chunk: number; epoch: number; key: string };

/** The chunk that this claim holds, locked, its lease renewed. Throws `conflict` with what came in between, or `not_found`. */
export async function heldWork(tx: Tx, { batchId, chunk: number, epoch, key }: OwnChunk): Promise<AgentClaim> {
  const held = await holdForAgent(tx, { batchId, number, epoch, key });
  if (held === null) throw await noMore(tx, { batchId, chunk: number, epoch, key });
  if (held.stopping === null) return held;
  throw new CountersignError(
    'conflict',
    `Chunk ${number} is being brought to a stop by a person. Nothing was recorded; what was reported before is kept. Give it back.`,
  );
}

/** Why a claim does not stand any more. */
export async function noMore(tx: Tx, { batchId, chunk: number, epoch, key }: OwnChunk): Promise<CountersignError> {
  const now = await readStanding(tx, { batchId, number });
  if (!now) return new CountersignError('not_found', `This batch has no chunk ${number}.`);
  if (now.state === 'classifying' && now.epoch === epoch && now.key !== key)
    return new CountersignError(
      'conflict',
      `Chunk ${number} is claimed with another key. Nothing was recorded. Go on with your own chunk, or claim one.`,
    );
  const kept = 'Nothing was recorded now; what was reported before is kept. Claim again.';
  const message =
    now.state === 'classifying'
      ? `Claim ${epoch} of chunk ${number} has ended: another one has the chunk. ${kept}`
      : `Claim ${epoch} of chunk ${number} has ended: the chunk is ${chunkWords(now.state)}. ${kept}`;
  return new CountersignError('conflict', message);
}

/** The id of a chunk that this claim itself brought to this state, so that only the answer was lost: nobody claimed it since. Null: it did not. */
export async function broughtTo(
  tx: Tx,
  { batchId, chunk: number, epoch, key }: OwnChunk,
  state: ChunkState,
): Promise<string | null> {
  const now = await readStanding(tx, { batchId, number });
  return now?.epoch === epoch && now.key === key && now.state === state ? now.chunkId : null;
}

/** What there is to classify next, and until when the claim holds. */
export async function pageOfWork(
  tx: Tx,
  held: AgentClaim,
  limit = AGENT_PAGE_ITEMS,
): Promise<{ leaseUntil: string; left: number; items: WorkItem[] }> {
  const items = await unclassified(tx, held, { after: 0, fields: null, limit });
  return { ...leaseOf(held), items: withinPage(items.map(toWork)) };
}

export function leaseOf({ leaseUntil, itemCount, classified }: AgentClaim): { leaseUntil: string; left: number } {
  return { leaseUntil: leaseUntil.toISOString(), left: Math.max(0, itemCount - classified) };
}

/** At least one item, whose last fields are cut where it alone is too long. */
function withinPage(items: readonly WorkItem[]): WorkItem[] {
  const page: WorkItem[] = [];
  let room = AGENT_PAGE_CHARS;
  for (const item of items) {
    const chars = Object.values(item.fields).reduce((sum, text) => sum + text.length, 0);
    if (chars > room) return page.length > 0 ? page : [cutTo(item, room)];
    page.push(item);
    room -= chars;
  }
  return page;
}

function cutTo({ ordinal, fields, cut }: WorkItem, room: number): WorkItem {
  const shown: Record<string, string> = Object.create(null);
  let left = room;
  for (const [name, text] of Object.entries(fields)) {
    shown[name] = cutText(text, left);
    left = Math.max(0, left - text.length);
  }
  return {
    ordinal,
    fields: shown,
    cut: Object.keys(fields).filter((name) => cut.includes(name) || shown[name] !== fields[name]),
  };
}

/** Not in the middle of a character of two units. */
const cutText = (text: string, chars: number): string =>
  text.length > chars ? text.slice(0, chars).replace(/[\ud800-\udbff]$/, '') : text;

function toWork({ ordinal, fields }: { ordinal: number; fields: Record<string, string> }): WorkItem {
  const cut: string[] = [];
  const shown: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(fields)) {
    if (text.length > AGENT_FIELD_CHARS) cut.push(name);
    shown[name] = cutText(text, AGENT_FIELD_CHARS);
  }
  return { ordinal, fields: shown, cut };
}
