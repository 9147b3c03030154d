import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTION_TRANSITIONS, type ActionReceiptKind, type ActionState } from '#lib/core/lifecycle.ts';
import { type ChunkSum, type Folded, foldMoves, type KeptFold, type Move, NOTHING_FOLDED, sumOf, sumOfChunk } from './sum.ts';

const ZERO = { approved: 0, done: 0, skipped: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0 };

const chunk = (more: Partial<ChunkSum>): ChunkSum => ({
  state: 'executing',
  seq: 0,
  counters: ZERO,
  acceptedRest: 0,
  read: { approved: 0, folded: NOTHING_FOLDED },
  kept: null,
  ...more,
});

const says = (approved: number, states: Folded['states'], receipts = 0) => ({ approved, folded: { states, receipts } });

describe('one chunk', () => {
  test('every state of an action has its place in the sum', () => {
    const states: Record<ActionState, number> = {
      planned: 0,
      intent: 1,
      succeeded: 2,
      failed: 3,
      uncertain: 4,
      skipped: 5,
      not_executed: 6,
      abandoned: 7,
    };
    expect(sumOfChunk(chunk({ read: says(40, states) }))).toEqual({
      approved: 40,
      done: 2,
      skipped: 5,
      failed: 3,
      uncertain: 11,
      notExecuted: 6,
      inFlight: 1,
      waiting: 12,
    });
  });

  test.each(['done', 'cancelled'] as const)('a %s chunk waits for nothing: the rest is not executed', (state) => {
    const sum = sumOfChunk(chunk({ state, read: says(10, { succeeded: 4 }) }));
    expect(sum).toMatchObject({ notExecuted: 6, waiting: 0 });
  });

  test.each(['unresolved', 'executing', 'paused', 'halted'] as const)(
    'an accepted rest stays accepted while the chunk is %s',
    (state) => {
      const sum = sumOfChunk(chunk({ state, acceptedRest: 6, read: says(10, { intent: 4 }) }));
      expect(sum).toMatchObject({ notExecuted: 6, inFlight: 4, waiting: 0 });
    },
  );
});

describe('whether it adds up', () => {
  const counters = { ...ZERO, approved: 10, done: 4 };
  const read = says(10, { succeeded: 4 }, 9);

  test('counters, receipts and seq agree', () => {
    expect(sumOf([chunk({ counters, read, seq: 9 })])).toMatchObject({
      approved: 10,
      done: 4,
      waiting: 6,
      addsUp: true,
      difference: 0,
    });
  });

  test.each([
    ['a counter that is one off', { counters: { ...counters, done: 5 } }, 1],
    ['a missing receipt', { seq: 10 }, 1],
    ['a manifest row too few', { read: { ...read, approved: 9 } }, 1],
    [
      'more actions with receipts than were approved',
      { read: { ...read, approved: 3 }, counters: { ...counters, approved: 3 } },
      1,
    ],
  ])('%s', (_, more, difference) => {
    expect(sumOf([chunk({ counters, read, seq: 9, ...more })])).toMatchObject({ addsUp: false, difference });
  });

  test('differences of two chunks do not cancel out', () => {
    const more = chunk({ counters: { ...counters, done: 5 }, read, seq: 9 });
    const less = chunk({ counters: { ...counters, done: 3 }, read, seq: 9 });
    expect(sumOf([more, less])).toMatchObject({ done: 8, addsUp: false, difference: 2 });
  });
});

describe('how far it was checked', () => {
  const counters = { ...ZERO, approved: 10, done: 4 };
  const read = says(10, { succeeded: 4 }, 9);
  const kept = (seq: number, checkedAt: string, difference = 0): KeptFold => ({
    ...{ states: {}, receipts: seq, seq, decisionId: null, approved: 10, difference, checkedAt },
  });
  const behind = (more: Partial<ChunkSum>) => chunk({ counters, seq: 9, read: null, ...more });

  test('everything that was read now is checked now', () => {
    expect(sumOf([chunk({ counters, read, seq: 9 })]).checked).toEqual({ receipts: 9, of: 9, at: null });
  });

  test('what was not read shows its counters, and counts as checked up to the earliest check that was kept', () => {
    const chunks = [
      chunk({ counters, read, seq: 9, kept: kept(2, '2026-11-26T10:00:00.000Z') }),
      behind({ kept: kept(5, '2026-11-26T14:02:00.000Z') }),
      behind({ kept: kept(7, '2026-11-26T14:01:00.000Z') }),
    ];
    expect(sumOf(chunks)).toMatchObject({
      ...{ approved: 30, done: 12, waiting: 18, addsUp: true },
      checked: { receipts: 21, of: 27, at: '2026-11-26T14:01:00.000Z' },
    });
  });

  test.each([[0], [1]])('what was never checked has no time, wherever it stands (%i)', (place) => {
    const chunks = [behind({ kept: kept(5, '2026-11-26T14:02:00.000Z') })];
    chunks.splice(place, 0, behind({}));
    expect(sumOf(chunks).checked).toEqual({ receipts: 5, of: 18, at: null });
  });

  test('a difference that was found stays told until the receipts are read again', () => {
    const last = kept(5, '2026-11-26T14:02:00.000Z', 3);
    expect(sumOf([behind({ kept: last })])).toMatchObject({ addsUp: false, difference: 3 });
    expect(sumOf([chunk({ counters, read, seq: 9, kept: last })])).toMatchObject({ addsUp: true, difference: 0 });
  });
});

/** Receipt chains that the lifecycle allows, one per action. */
const chain = fc.array(fc.nat(), { maxLength: 8 }).map((choices) => {
  const receipts: ActionReceiptKind[] = [];
  let state: ActionState = 'planned';
  for (const choice of choices) {
    const allowed = (Object.keys(ACTION_TRANSITIONS) as ActionReceiptKind[]).filter((kind) =>
      (ACTION_TRANSITIONS[kind].from as readonly ActionState[]).includes(state),
    );
    const next = allowed[choice % Math.max(1, allowed.length)];
    if (!next) break;
    receipts.push(next);
    state = ACTION_TRANSITIONS[next].to;
  }
  return receipts;
});

/** What `store/sum.ts` reads of receipts `from` to `to` of each chain. */
function moves(chains: ActionReceiptKind[][], cut: (chain: ActionReceiptKind[]) => [number, number]): Move[] {
  return chains.flatMap((receipts) => {
    const [from, to] = cut(receipts);
    const is = receipts[to - 1];
    return to > from && is ? [{ was: receipts[from - 1] ?? null, is, actions: 1 }] : [];
  });
}

test('folding in two parts gives what folding at once gives', () => {
  fc.assert(
    fc.property(fc.array(chain, { maxLength: 30 }), fc.nat(8), (chains, at) => {
      const once = foldMoves(
        NOTHING_FOLDED,
        moves(chains, (own) => [0, own.length]),
        0,
      );
      const half = foldMoves(
        NOTHING_FOLDED,
        moves(chains, (own) => [0, Math.min(at, own.length)]),
        0,
      );
      const twice = foldMoves(
        half,
        moves(chains, (own) => [Math.min(at, own.length), own.length]),
        0,
      );
      const sum = (folded: typeof once) => sumOfChunk(chunk({ read: { approved: chains.length, folded } }));
      expect(sum(twice)).toEqual(sum(once));
      const { approved, ...parts } = sum(once);
      expect(Object.values(parts).reduce((all, part) => all + part, 0)).toBe(approved);
    }),
  );
});
