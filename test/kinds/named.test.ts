/** A kind is named in its own folder and its list of kinds. Whoever names it elsewhere has to be touched for the next one too. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLASSIFIERS } from '#lib/classifiers/kinds.ts';
import { CONNECTORS } from '#lib/connectors/kinds.ts';
import { FORMATS } from '#lib/ingest/kinds.ts';

/**
 * “none” is the word for an action without an effect, “json” for what requests and answers are, “rows” for what every file has, “agent” for a key’s role, “examples” for the first few
 * of a list, “model” for what a connection leads to, and all for much else.
 */
const OF_MANY_THINGS = ['none', 'json', 'rows', 'agent', 'examples', 'model'];

const NAMES = [
  // Two formats may call their items the same.
  ...new Set(FORMATS.flatMap(({ name, noun, endings }) => [name, noun, ...endings])),
  ...CONNECTORS.map(({ name }) => name),
  ...CLASSIFIERS.map(({ kind }) => kind),
].filter((name) => !OF_MANY_THINGS.includes(name));

/** Where such a word stands for something else, or may name a kind: each with its reason. */
const ALLOWED: Readonly<Record<string, { words: string[]; because: string }>> = {
  'app/(desk)/batches/[id]/batch-desk.tsx': { words: ['task'], because: 'a tab: the task body' },
  'app/(desk)/batches/[id]/batch-tab.tsx': { words: ['task'], because: 'a tab: the task body' },
  'app/(desk)/shelf/open-group.tsx': { words: ['shelf'], because: 'the page of what this connector keeps, and its query' },
  'components/shelf/download-link.tsx': { words: ['shelf'], because: 'the same' },
  'components/shelf/group.ts': { words: ['shelf'], because: 'the same: which batches lead to it' },
  'components/plans/classifier-editor.tsx': {
    words: ['manual', 'rules'],
    because: 'the editors that these ask for, and a key of the part of rules',
  },
  'components/datasets/reading-words.ts': { words: ['mails'], because: 'what was read as another kind of mailbox' },
  'bin/house.ts': { words: ['git'], because: 'the program that lists the files' },
  'lib/api/openapi.ts': { words: ['http'], because: 'how an API key is sent' },
  'lib/api/streams.ts': { words: ['csv', 'shelf'], because: 'receipts as CSV; the name of a shelf, in a query' },
  'lib/auth/origin.ts': { words: ['http'], because: 'a scheme' },
  'lib/core/plans/draft-plan.ts': {
    words: ['rules', 'shelf', 'task'],
    because: 'a first plan is a plan, and names kinds as a person does',
  },
  'lib/store/receipts/origins.sql.ts': { words: ['rules'], because: 'what a trail says of what rules gave, by its format' },
  'lib/core/plans/draft/proposals.ts': { words: ['task'], because: 'the category of a first plan that is called so' },
  'lib/ingest/mbox/draft.ts': {
    words: ['rules', 'shelf', 'task'],
    because: 'a first plan is a plan, and names kinds as a person does',
  },
  'lib/ingest/sample.ts': { words: ['.txt'], because: 'the files of the package that has the sample' },
  'lib/steps/receipts/export-receipts.ts': { words: ['csv'], because: 'receipts as CSV' },
  'lib/steps/tasks/export-follow-ups.ts': { words: ['csv'], because: 'follow-up tasks as CSV' },
  'lib/steps/security/export-security.ts': { words: ['csv'], because: 'the security log as CSV' },
  'components/security/security-filter.tsx': { words: ['csv'], because: 'the same' },
  'components/tasks/tasks-address.ts': { words: ['csv'], because: 'the same' },
  'components/tasks/task-filter.tsx': { words: ['csv'], because: 'the same' },
  'components/find/places.ts': { words: ['task'], because: 'a tab: the task body' },
  'lib/connectors/model/ask.ts': { words: ['manual'], because: 'what a fetch calls it to follow no redirect' },
  'lib/ingest/mbox/letter.ts': { words: ['http'], because: 'a scheme' },
};

const OWN = /^lib\/(ingest|connectors|classifiers)\/(kinds\.ts$|[^/]+\/)/;

function named(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '');
  return NAMES.filter((name) => new RegExp(`['"\`,]${name.replace('.', '\\.')}['"\`,]`).test(text)).sort();
}

const FILES = globSync('{app,bin,components,lib}/**/*.{ts,tsx}').filter(
  (file) => !/\.test\.tsx?$/.test(file) && !file.startsWith('lib/store/generated/'),
);

test('nothing but its own folder names a kind', () => {
  const found = FILES.filter((file) => !OWN.test(file) || file in ALLOWED).flatMap((file) => {
    const words = named(file).filter((word) => !ALLOWED[file]?.words.includes(word));
    return words.length > 0 ? [[file, ...words]] : [];
  });
  expect(found).toEqual([]);
});

test('what is allowed is there', () => {
  for (const [file, { words }] of Object.entries(ALLOWED)) expect([file, named(file)]).toEqual([file, words]);
});

test('a kind’s folder names no kind of another port', () => {
  const ports = {
    ingest: FORMATS.map(({ name }) => name).filter((name) => !OF_MANY_THINGS.includes(name)),
    classifiers: CLASSIFIERS.map(({ kind }) => kind),
    connectors: CONNECTORS.map(({ name }) => name),
  };
  for (const [port, own] of Object.entries(ports)) {
    const others = Object.values(ports)
      .flat()
      .filter((name) => !own.includes(name) && !OF_MANY_THINGS.includes(name));
    const found = FILES.filter((file) => file.startsWith(`lib/${port}/`) && !(file in ALLOWED)).flatMap((file) => {
      const words = named(file).filter((word) => others.includes(word));
      return words.length > 0 ? [[file, ...words]] : [];
    });
    expect(found).toEqual([]);
  }
});
