/** A receipt as a sentence. Pure. */

import { formatCount, formatNoun } from '#components/ui/format.ts';
import { HELD_BACK, WITHDRAWN } from '#lib/core/receipts/answer.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import { ERASED, NOT_GIVEN } from '#lib/core/receipts/receipt-line.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';

/** A receipt for a sentence. What is in its body may have been altered: each member is looked at before it is told. */
export type ToldReceipt = Pick<ReceiptRow, 'kind' | 'result' | 'signing' | 'fields'> & { body: Record<string, unknown> };

/** @param names who an actor ("user:…", "worker:…") is, for people */
export function storyWords(receipt: ToldReceipt, names: Record<string, string>): string {
  const { body } = receipt;
  const by = text(body.by);
  const who = names[by] ?? by;
  switch (receipt.kind) {
    case 'decision':
      return `${who} ${decided(receipt)}${overridden(receipt)}.${proven(receipt)}${noted(receipt)}`;
    case 'intent':
      return `${who} stored what it was about to send (${actionName(body.action)}, attempt ${text(body.attempt) || '1'}), and sent it only then.`;
    case 'outcome':
      return outcome(receipt, who);
    case 'resolution':
      return resolution(receipt, who);
    case 'correction':
      return `${who} moved ${formatNoun(Number(body.count), 'items')} from “${text(body.from)}” to “${text(body.to)}”.${noted(receipt)}`;
    case 'start':
      return `${who} started the batch: ${formatNoun(Number(body.items), 'items')} in ${formatNoun(Number(body.chunks), 'chunks')}.`;
    case 'plan':
      return `${who} changed the rules for what was not yet decided. This is revision ${text(body.revision)} of the plan.`;
    case 'closing':
      return `The batch is ${text(body.state)}. It has ${formatNoun(Number(body.receipts), 'receipts')} before this one.`;
    case 'attestation':
      return `${who} says${receipt.fields.text ? `: ${quoted(receipt.fields.text)}` : ' that this was done'}. Countersign did not do it.`;
  }
}

/** What was approved without being looked at as the plan wants, and why. Version 1 held the words themselves, and knew one thing to override. */
function overridden({ body, fields }: ToldReceipt): string {
  if (!body.override) return '';
  const overrides = Array.isArray(body.overrides) ? body.overrides.flatMap((one) => OVERRIDES[text(one)] ?? []) : [];
  const what = overrides.length === 0 ? OVERRIDES.unseen : overrides.join(', ');
  return `, ${what} (${quoted(body.v === 2 ? (fields.override ?? '') : text(body.override))})`;
}

const OVERRIDES: Record<string, string> = {
  unseen: 'without a sample of each',
  unmarked: 'without a mark in each',
  evidence: 'without the evidence that the plan wants',
};

/** What whoever decided had proved last in their session, asked for it or not; nothing of a key, and where a provider of single sign-on knows. */
function proven({ body }: ToldReceipt): string {
  const what = PROOFS[text(body.factor)];
  return what ? ` ${what} proved who it was.` : '';
}

const PROOFS: Record<string, string> = {
  password: 'The password',
  totp: 'A code of an authenticator app, or a backup code,',
  passkey: 'A passkey',
};

function noted({ fields: { note } }: ToldReceipt): string {
  return note ? ` ${quoted(note)}` : '';
}

/** What a person said; nobody said that it is not given, or erased. */
export function quoted(said: string): string {
  return said === NOT_GIVEN || said === ERASED ? said : `“${said}”`;
}

function decided({ body, signing }: ToldReceipt): string {
  const answers = (body.answers ?? {}) as Record<string, boolean>;
  const seen = typeof body.seenCount === 'number' ? ` after seeing ${formatNoun(body.seenCount, 'samples')}` : '';
  if (answers.release) return 'released the rest after the first were done';
  if (signing === 'first') return `signed first what was on the screen${seen}; nothing runs before a second person signs`;
  if (signing === 'second') {
    const { seenCount } = (body.first ?? {}) as { seenCount?: unknown };
    const before = typeof seenCount === 'number' ? `; whoever signed first had seen ${formatCount(seenCount)}` : '';
    return `signed second, and so approved what was on the screen${seen}${before}`;
  }
  if (signing === 'refused') return 'did not sign; the first signature is void';
  if (answers.execute) return `approved what was on the screen${seen}`;
  if (answers.sendBack) return 'sent the chunk back';
  if (answers.close) return 'closed the chunk without executing';
  return 'let the next chunk continue; nothing of this chunk was executed';
}

function outcome({ result, body }: ToldReceipt, who: string): string {
  const reason = body.reason ? ` (${reasonWords(text(body.reason))})` : '';
  if (result === 'succeeded') return `It was done${reason}${body.target ? `; the target calls it ${text(body.target)}` : ''}.`;
  if (result === 'failed') return `It failed${reason}. It changed nothing.`;
  if (body.reason === WITHDRAWN) return 'It was taken back before anybody had it, and nobody is given it any more.';
  if (body.reason === HELD_BACK) return 'It was held back: the sending was stopped before its turn came.';
  if (result === 'uncertain')
    return `Nobody knows what became of it${reason}. It may have happened. It is not repeated by itself.`;
  return `${who} skipped it${reason}. Nothing was sent.`;
}

function resolution({ result, body }: ToldReceipt, who: string): string {
  if (body.evidence === 'executor') return `${who} had not sent it, and nobody can any more. It did not happen.`;
  const how = body.evidence === 'inspection' ? `${who} looked at the target` : `${who} answered`;
  if (result === 'succeeded') return `${how}: it happened.`;
  if (result === 'not_executed') return `${how}: it did not happen. Nothing was resent.`;
  return `${how}: nobody can know. It stays uncertain, and was accepted as unknown.`;
}

function actionName(action: unknown): string {
  const { connector, connection, do: verb } = (action ?? {}) as Record<string, unknown>;
  return [text(connector), text(connection), text(verb)].filter(Boolean).join(' ');
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
