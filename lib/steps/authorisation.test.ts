/** Every step that takes an actor, against the table of roles: found in the sources, so that a new one can't be forgotten here. */
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { ROLES, type Role } from '#lib/core/people/roles.ts';
import { inflate } from '#lib/trail/verify/node.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import { STEPS } from '#test/roles.ts';
import { atSize } from '#test/size.ts';
import { readFailures } from './actions/read-failures.ts';
import { readBatch } from './batches/read-batch.ts';
import { readBatches } from './batches/read-batches.ts';
import { correct } from './checkpoints/correct.ts';
import { decide } from './checkpoints/decide.ts';
import { readChunks } from './chunks/read-chunks.ts';
import { readNeedsYou } from './live/read-needs-you.ts';
import { readTape } from './live/read-tape.ts';
import { streamEvents } from './live/stream-events.ts';
import { reviseRules } from './plans/revise-rules.ts';
import { exportReceipts } from './receipts/export-receipts.ts';
import { readReceipts } from './receipts/read-receipts.ts';
import { readTaskBody } from './receipts/read-task-body.ts';
import { answerUncertain } from './uncertain/answer-uncertain.ts';
import { readUncertain } from './uncertain/read-uncertain.ts';

const { pool } = await testDatabase();

type Step = (actor: Actor, input: unknown) => unknown;
const actor = (role: Role): Actor => ({ id: `user:${randomUUID()}`, role, name: 'Bo', via: 'page' });

async function stepsWithActor(): Promise<Map<string, Step>> {
  const found = new Map<string, Step>();
  for (const file of globSync('**/*.ts', { cwd: import.meta.dirname, exclude: ['**/*.test.ts'] })) {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8');
    const names = [...source.matchAll(/^export (?:async )?function\*? (\w+)\(\s*actor: Actor/gm)].map((match) => match[1] ?? '');
    if (names.length === 0) continue;
    const module = (await import(/* @vite-ignore */ join(import.meta.dirname, file))) as Record<string, Step>;
    for (const name of names) found.set(name, module[name] as Step);
  }
  return found;
}

/** The code of what it throws, at once or later; null when it gives something. */
async function refusalOf(step: Step, role: Role, input: unknown): Promise<string | null> {
  try {
    await step(actor(role), input);
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? 'other';
  }
}

const steps = await stepsWithActor();

it('the table names every step that takes an actor', () => {
  expect([...steps.keys()].sort()).toEqual(Object.keys(STEPS).sort());
});

describe('a role that may not', () => {
  for (const [name, allowed] of Object.entries(STEPS)) {
    for (const role of ROLES.filter((one) => !allowed.split(' ').includes(one))) {
      it(`${role} can't ${name}, and learns nothing about the input first`, async () => {
        // Authorising comes before parsing: nonsense is refused in the same words as what would be right.
        for (const input of [{}, { batchId: randomUUID(), id: randomUUID(), chunk: 1 }]) {
          expect(await refusalOf(steps.get(name) as Step, role, input)).toBe('forbidden');
        }
      });
    }
    it(`a role of no table can't ${name}`, async () => {
      expect(await refusalOf(steps.get(name) as Step, 'root' as Role, {})).toBe('forbidden');
    });
  }
});

describe('a server action hands over what it was given, unread', () => {
  const root = join(import.meta.dirname, '../..');
  const sources = globSync('app/**/actions.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));
  const called = [...steps.keys()].filter((name) =>
    sources.some((source) => new RegExp(`^import .*\\b${name}\\b.*steps/`, 'm').test(source)),
  );

  it('to more than a dozen steps', () => expect(called.length).toBeGreaterThan(12));
  for (const name of called) {
    it(`and ${name} refuses what is no input of its own`, async () => {
      for (const input of [null, 7, 'text', [], { no: 'such key' }]) {
        expect(await refusalOf(steps.get(name) as Step, 'admin', input), JSON.stringify(input)).toMatch(/^(invalid|not_found)$/);
      }
    });
  }
});

describe('an auditor', () => {
  const SECRET = 'only-in-the-item';
  const REASON = 'only-in-the-answer';
  const seedAll = () => {
    const item = (receipts: ('intent' | 'outcome:succeeded' | 'outcome:uncertain')[]) => ({
      fields: { subject: 'shown', text: SECRET },
      category: 'noise',
      why: REASON,
      receipts,
    });
    return seedBatch(pool, {
      plan: {
        categories: [
          {
            name: 'noise',
            action: {
              connector: 'http',
              do: 'POST',
              with: { url: 'https://example.com/mails?text={{text}}', body: { text: '{{text}}' } },
            },
          },
        ],
        receiptFields: ['subject'],
      },
      chunks: [
        { state: 'unresolved', items: [item(['intent', 'outcome:succeeded']), item(['intent', 'outcome:uncertain'])] },
        { state: 'awaiting_review', items: [{ ...item([]), receipts: [] }] },
      ],
    });
  };

  it('reads of batches what receipts hold, and nothing else of items', async () => {
    const { batchId } = await seedAll();
    const auditor = actor('auditor');
    const texts: Record<string, string> = {};
    const tell = (name: string, value: unknown): void => {
      texts[name] = JSON.stringify(value);
    };
    tell('batch', await readBatch(auditor, { batchId }));
    tell('batches', await readBatches(auditor));
    tell('chunks', await readChunks(auditor, { batchId }));
    tell('receipts', await readReceipts(auditor, { batchId }));
    tell('story', await readReceipts(auditor, { batchId, ordinal: 2 }));
    tell('tape', await readTape(auditor, { batchId }));
    tell('task body', await readTaskBody(auditor, { batchId }));
    tell('failures', await readFailures(auditor, { batchId }));
    tell('uncertain', await readUncertain(auditor, { batchId }));
    tell('needs you', await readNeedsYou(auditor));
    for (const format of ['jsonl', 'csv', 'md'] as const) {
      const parts: Uint8Array[] = [];
      for await (const part of (await exportReceipts(auditor, { batchId, format })).body) parts.push(part);
      texts[format] = Buffer.concat(parts).toString('utf8');
    }
    const left = new AbortController();
    for await (const event of (await streamEvents(auditor, { batchId, signal: left.signal })) ?? []) {
      tell('events', event);
      left.abort();
    }
    for (const name of ['receipts', 'story', 'tape', 'task body', 'uncertain', 'jsonl', 'csv', 'md', 'events'])
      expect(texts[name], name).toContain('shown');
    for (const [name, text] of Object.entries(texts)) {
      expect(text, name).not.toContain(SECRET);
      expect(text, name).not.toContain(REASON);
    }
  });

  it('is told of an uncertain action without the request, which the reviewer needs to look it up', async () => {
    const { batchId } = await seedAll();
    expect((await readUncertain(actor('reviewer'), { batchId }))?.items).toMatchObject([
      { ordinal: 2, request: `POST https://example.com/mails?text=${SECRET}` },
    ]);
    expect((await readUncertain(actor('auditor'), { batchId }))?.items).toMatchObject([{ ordinal: 2, request: null }]);
  });
});

describe('words of people', () => {
  /** Notes and reasons, by what they were said of. */
  const WORDS = {
    correction: 'said-of-a-correction',
    sendBack: 'said-of-a-chunk-that-went-back',
    override: 'said-of-what-nobody-saw',
    decision: 'said-of-a-decision',
    answer: 'said-of-what-was-uncertain',
    rules: 'said-of-the-rules',
  } as const;
  /** A field of the items is called as people's words are: of them it is told. */
  const FIELD = 'stands-in-the-field-note';

  async function seedWords(receiptFields: string[]): Promise<string> {
    const item = (receipts: ('intent' | 'outcome:uncertain')[] = []) => ({
      ...{ fields: { subject: 'shown', note: FIELD }, category: 'noise', receipts },
    });
    const rule = { when: "item.subject == 'none'", category: 'keep' };
    const { batchId } = await seedBatch(pool, {
      plan: { receiptFields },
      chunks: [
        { state: 'awaiting_review', items: [item(), item()] },
        { state: 'awaiting_review', items: [item()] },
        { state: 'unresolved', items: [item(['intent', 'outcome:uncertain'])] },
        { state: 'proposed', items: [{ fields: { subject: 'shown', note: FIELD } }] },
      ],
    });
    const bo = actor('operator');
    const digestOf = async (number: number) =>
      (await readChunks(bo, { batchId }))?.items.find((one) => one.number === number)?.digest ?? '';
    const given = async (number: number) => ({ batchId, chunks: [{ number, digest: await digestOf(number) }] });
    await correct(bo, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep', note: WORDS.correction }] });
    await decide(bo, { ...(await given(1)), next: true, execute: true, override: WORDS.override, note: WORDS.decision });
    await decide(bo, { ...(await given(2)), next: false, execute: false, sendBack: true, note: WORDS.sendBack });
    await answerUncertain(bo, { batchId, ordinals: [4], answer: 'abandon', note: WORDS.answer });
    await reviseRules(bo, { batchId, change: { revision: 1, rules: [rule], note: WORDS.rules } });
    return batchId;
  }

  const all = Object.values(WORDS);
  const { correction, sendBack, override, decision, answer, rules } = WORDS;
  /** What each step that auditors may take gives of a batch to whoever sees its items: which inputs, and which words are in what it gives. */
  const WAYS: Record<string, { inputs: object[]; says: readonly string[] }> = {
    exportReceipts: {
      inputs: ['jsonl', 'csv', 'md'].map((format) => ({ format })),
      says: [correction, sendBack, override, decision, answer],
    },
    exportTrail: { inputs: [{}], says: all },
    find: { inputs: [FIELD, '1-2', ...all].map((q) => ({ q })), says: [] },
    findReceipts: {
      inputs: [{}, { order: 'newest' }, { order: 'newest', chunk: 0 }, ...all.map((text) => ({ order: 'newest', text }))],
      says: all,
    },
    readBatch: { inputs: [{}], says: [sendBack] },
    readBatches: { inputs: [{}], says: [] },
    readChunks: { inputs: [{}], says: [sendBack] },
    readFailures: { inputs: [{}], says: [] },
    readGrid: { inputs: [{}], says: [] },
    readPeopleOf: { inputs: [{}], says: [] },
    readReceiptInFull: {
      inputs: [0, 1, 2, 3].flatMap((chunk) => [1, 2, 3, 4].map((seq) => ({ chunk, seq }))),
      says: all,
    },
    readReceipts: { inputs: [{}, { chunk: 0 }, { ordinal: 4 }], says: all },
    readRevisions: { inputs: [{}], says: [rules] },
    readStory: {
      inputs: [1, 2, 3, 4, 5].map((ordinal) => ({ ordinal })),
      says: [correction, override, decision, sendBack, answer],
    },
    readTape: { inputs: [{}], says: [] },
    readTaskBody: { inputs: [{}], says: [] },
    readUncertain: { inputs: [{}], says: [answer] },
    readUndoLinks: { inputs: [{ ordinal: 1 }], says: [] },
    searchReceipts: { inputs: [FIELD, ...all].map((text) => ({ text })), says: [] },
    streamEvents: { inputs: [{}], says: [sendBack] },
    streamHouse: { inputs: [{}], says: [] },
  };
  /** These are about who asks, or about nothing of a batch that anybody wrote. */
  const OTHERS = [
    ...['changePassword', 'chooseNotices', 'countUnreadNotices', 'endOtherSessions', 'endSession', 'findableKinds', 'listKeys'],
    ...['listNotices', 'listSessions', 'makeKey', 'nameActors', 'readBatchName', 'readBatchesOf', 'readNeedsYou', 'readNextNeed'],
    ...['readNoticeChoices', 'readNotices', 'revokeKey', 'readStepUp', 'prove', 'beginProof', 'listFactors', 'addOwnPasskey'],
    ...['beginOwnApp', 'beginOwnPasskey', 'confirmOwnApp', 'makeOwnBackupCodes', 'removeOwnApp', 'removeOwnPasskey'],
  ];

  /** All that a step gives, as one text: a download's bytes, of a zip those of its files, of a stream the first event. */
  async function given(name: string, role: Role, input: object): Promise<string> {
    const left = new AbortController();
    const streams = name.startsWith('stream');
    // Who follows is asked for once a second, and is no longer told anything if nobody knows them.
    const who = streams ? { ...actor(role), id: `user:${(await somebody(role)).id}` } : actor(role);
    const given = (await (steps.get(name) as Step)(who, streams ? { ...input, signal: left.signal } : input)) as object;
    if (streams) {
      let first = '';
      for await (const event of given as AsyncIterable<unknown>) {
        first = JSON.stringify(event);
        break;
      }
      left.abort();
      return first;
    }
    if (!given || !('body' in given) || !(Symbol.asyncIterator in (given.body as object))) return JSON.stringify(given);
    const parts: Uint8Array[] = [];
    for await (const part of given.body as AsyncIterable<Uint8Array>) parts.push(part);
    const bytes = Buffer.concat(parts);
    if (name !== 'exportTrail') return bytes.toString('utf8');
    const read = async (at: number, length: number) => bytes.subarray(at, at + length);
    const zip = await openZip({ size: bytes.length, read }, inflate);
    let text = '';
    for (const file of zip.names)
      for await (const part of zip.read(file)) text += Buffer.from(part as Uint8Array).toString('utf8');
    return text;
  }

  it('are in a table of every step that an auditor may take', () => {
    const open = Object.entries(STEPS).flatMap(([name, roles]) => (roles.split(' ').includes('auditor') ? [name] : []));
    const apart = ['exportSecurity', 'listSecurity', 'readEverybody'];
    expect([...Object.keys(WAYS), ...OTHERS, ...apart].sort()).toEqual(open.sort());
  });

  // A field of the file's own that is called as people's words are is the harder one.
  it.each(atSize([[['subject', 'note']]], [[['subject']], [['subject', 'note']]]))(
    'are given to whoever may see items, and to nobody else in any way: %j',
    async (fields) => {
      const batchId = await seedWords(fields);
      for (const [name, { inputs, says }] of Object.entries(WAYS)) {
        const texts: Record<'reviewer' | 'auditor', string> = { reviewer: '', auditor: '' };
        for (const role of ['reviewer', 'auditor'] as const)
          for (const input of inputs) {
            const own = name === 'find' || name === 'searchReceipts' ? input : { batchId, ...input };
            texts[role] += await given(name, role, own);
          }
        for (const word of says) expect(texts.reviewer, `${name} to a reviewer`).toContain(word);
        for (const word of all) expect(texts.auditor, `${name} to an auditor`).not.toContain(word);
        // Where a field of the item is called so, that is told.
        if (says.length > 0 && (name !== 'readUncertain' || fields.length === 1))
          expect(texts.auditor, `${name} to an auditor`).toContain('[not given]');
      }
    },
  );
});
