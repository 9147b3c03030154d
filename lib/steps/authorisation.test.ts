/** Every step that takes an actor, against the table of roles: found in the sources, so that a new one can't be forgotten here. */
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { ROLES, type Role } from '#lib/core/people/roles.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { readFailures } from './actions/read-failures.ts';
import { readBatch } from './batches/read-batch.ts';
import { readBatches } from './batches/read-batches.ts';
import { readChunks } from './chunks/read-chunks.ts';
import { readNeedsYou } from './live/read-needs-you.ts';
import { readTape } from './live/read-tape.ts';
import { streamEvents } from './live/stream-events.ts';
import { exportReceipts } from './receipts/export-receipts.ts';
import { readReceipts } from './receipts/read-receipts.ts';
import { readTaskBody } from './receipts/read-task-body.ts';
import { readUncertain } from './uncertain/read-uncertain.ts';

const { pool } = await testDatabase();

const EVERYONE = 'admin operator reviewer auditor';
const REVIEWERS = 'admin operator reviewer';
const OPERATORS = 'admin operator';

// Written out from the table of roles and not computed from the code.
const ALLOWED: Record<string, string> = {
  acceptRest: OPERATORS,
  acknowledgeIncident: 'admin',
  answerUncertain: REVIEWERS,
  cancel: OPERATORS,
  changeBatch: OPERATORS,
  changeReading: OPERATORS,
  changeSavedPlan: OPERATORS,
  changeRole: 'admin',
  claim: REVIEWERS,
  confirmPerson: 'admin',
  chooseNotices: EVERYONE,
  chunksOfItems: REVIEWERS,
  countUnreadNotices: EVERYONE,
  listNotices: EVERYONE,
  readNoticeChoices: EVERYONE,
  readNotices: EVERYONE,
  correct: REVIEWERS,
  createBatch: OPERATORS,
  decide: REVIEWERS,
  deleteDataset: OPERATORS,
  deleteSavedPlan: OPERATORS,
  disablePerson: 'admin',
  downloadDataset: REVIEWERS,
  downloadUnreadable: REVIEWERS,
  draftPlan: OPERATORS,
  enablePerson: 'admin',
  endWorker: 'admin',
  exportReceipts: EVERYONE,
  exportTrail: EVERYONE,
  exportScratchpad: REVIEWERS,
  assign: REVIEWERS,
  assignFollowUp: REVIEWERS,
  exportFollowUps: REVIEWERS,
  findAlike: REVIEWERS,
  previewRevision: REVIEWERS,
  readRevisions: REVIEWERS,
  reviseRules: REVIEWERS,
  finishFollowUp: REVIEWERS,
  listReviewers: REVIEWERS,
  readBatchName: EVERYONE,
  readNextNeed: EVERYONE,
  invitePerson: 'admin',
  listFollowUps: REVIEWERS,
  listPeople: 'admin',
  listShelf: REVIEWERS,
  markItems: REVIEWERS,
  lookAtTarget: REVIEWERS,
  nameActors: EVERYONE,
  pause: REVIEWERS,
  pauseTarget: 'admin',
  planAgain: OPERATORS,
  previewBatch: OPERATORS,
  previewReading: OPERATORS,
  previewDecision: REVIEWERS,
  previewUndo: OPERATORS,
  readBatch: EVERYONE,
  readBatches: EVERYONE,
  readBatchLike: OPERATORS,
  receiptExample: REVIEWERS,
  readBatchesOf: EVERYONE,
  readBoard: OPERATORS,
  readBatchLooks: REVIEWERS,
  readCheckpoint: REVIEWERS,
  chooseColumns: REVIEWERS,
  countChunkItems: REVIEWERS,
  readChunkItems: REVIEWERS,
  readReasons: REVIEWERS,
  readChunkRequests: REVIEWERS,
  readItemRequest: REVIEWERS,
  readReceiptInFull: EVERYONE,
  refuseRest: REVIEWERS,
  readChunks: EVERYONE,
  readGrid: EVERYONE,
  readCompany: REVIEWERS,
  readDataset: REVIEWERS,
  readDatasets: REVIEWERS,
  readIncidents: OPERATORS,
  find: EVERYONE,
  findableKinds: EVERYONE,
  findItems: REVIEWERS,
  findReceipts: EVERYONE,
  readItem: REVIEWERS,
  readLines: REVIEWERS,
  readItems: REVIEWERS,
  readNeedsYou: EVERYONE,
  readOpened: REVIEWERS,
  readPeopleOf: EVERYONE,
  readReading: REVIEWERS,
  readReleases: REVIEWERS,
  readReviewed: REVIEWERS,
  readReceipts: EVERYONE,
  readSameFile: REVIEWERS,
  readSavedPlan: OPERATORS,
  readSavedPlans: OPERATORS,
  readShelfItems: REVIEWERS,
  readStory: EVERYONE,
  readTape: EVERYONE,
  readTakenBack: REVIEWERS,
  readTaskBody: EVERYONE,
  readFailures: EVERYONE,
  readUncertain: EVERYONE,
  readUndoLinks: EVERYONE,
  readUnreadable: REVIEWERS,
  readWorkers: OPERATORS,
  renameDataset: OPERATORS,
  resume: OPERATORS,
  resumeIncident: OPERATORS,
  retry: OPERATORS,
  rowsBehind: OPERATORS,
  savePlan: OPERATORS,
  searchReceipts: EVERYONE,
  startBatch: OPERATORS,
  streamBoard: OPERATORS,
  streamEvents: EVERYONE,
  streamHouse: EVERYONE,
  undoBatch: OPERATORS,
  uploadDataset: OPERATORS,
  uploadFixedRows: OPERATORS,
  uploadSample: OPERATORS,
  withdrawInvitation: 'admin',
};

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
  expect([...steps.keys()].sort()).toEqual(Object.keys(ALLOWED).sort());
});

describe('a role that may not', () => {
  for (const [name, allowed] of Object.entries(ALLOWED)) {
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
