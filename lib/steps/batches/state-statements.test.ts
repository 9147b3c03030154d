/**
 * Every statement that sets a state, read from the source and compared with the tables of lib/core/lifecycle.ts: what it writes, and from which
 * states. A statement takes both from the table as parameters, or it is one of those whose text is fixed, and is named here with its transitions.
 */
import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import * as lifecycle from '#lib/core/lifecycle.ts';
import {
  BATCH_STATES,
  BATCH_TRANSITIONS,
  CHUNK_ACTING,
  CHUNK_CLASSIFYING,
  CHUNK_HELD,
  CHUNK_OWNED,
  CHUNK_STATES,
  CHUNK_TRANSITIONS,
  DATASET_TRANSITIONS,
} from '#lib/core/lifecycle.ts';

const TABLES: Record<string, Record<string, { from: readonly string[]; to: string }>> = {
  dataset: DATASET_TRANSITIONS,
  batch: BATCH_TRANSITIONS,
  chunk: CHUNK_TRANSITIONS,
};

/** The statements whose text is fixed, by file and declaration: the transitions that each carries out. */
const FIXED: Record<string, string[]> = {
  'lib/store/actions/breakers.sql.ts letHaltedGo': ['resume_halted'],
  'lib/store/actions/execution.sql.ts HALT': [
    ...['halt_classify', 'halt_execute', 'cancel_executing', 'executed', 'executed_with_uncertain'],
  ],
  'lib/store/actions/execution.sql.ts askForRelease': ['first_done_elsewhere'],
  'lib/store/actions/execution.sql.ts endExecution': [
    ...['cancel_executing', 'pause', 'first_done', 'executed', 'executed_with_uncertain'],
  ],
  'lib/store/actions/execution.sql.ts finishBatch': ['finish'],
  'lib/store/actions/execution.sql.ts settleUncertain': ['answer_last_uncertain'],
  'lib/store/batches/stopping.sql.ts acceptRestOfChunks': ['accept_halted', 'accept_halted_with_uncertain', 'settle_halted'],
  'lib/store/batches/stopping.sql.ts cancelChunks': ['cancel_idle', 'cancel_executing', 'settle_halted'],
  'lib/store/batches/stopping.sql.ts resumeChunks': ['resume', 'resume_halted', 'reclassify_halted'],
  'lib/store/batches/stopping.sql.ts retryChunks': ['retry'],
  'lib/store/chunks/agent-claims.sql.ts claimForAgent': ['claim_classify'],
  'lib/store/chunks/claims.sql.ts CLAIM': ['claim_classify', 'claim_execute'],
  'lib/store/chunks/claims.sql.ts yieldClassifying': ['yield_classify'],
  // Clauses of takeSequence, each by its transition. Its guard is the caller's: chunkFrom of the same name.
  'lib/store/receipts/receipts.sql.ts DECIDED.approve': ['approve'],
  'lib/store/receipts/receipts.sql.ts DECIDED.approve_first_of_two': ['approve_first_of_two'],
  'lib/store/receipts/receipts.sql.ts DECIDED.refuse_second': ['refuse_second'],
  'lib/store/receipts/receipts.sql.ts DECIDED.send_back': ['send_back'],
  'lib/store/receipts/receipts.sql.ts DECIDED.close': ['close'],
  'lib/store/receipts/receipts.sql.ts DECIDED.release': ['release'],
};

/** Clauses without a guard of their own. */
const GUARDED_ELSEWHERE = /receipts\.sql\.ts DECIDED\./;
/** Guarded by the state of the claim, which is one that a worker owns. */
const OF_CLAIM = 'lib/store/actions/execution.sql.ts HALT';

const STATEMENTS = globSync('lib/{store,steps,engine}/**/*.ts')
  .filter((file) => !file.endsWith('.test.ts') && !file.startsWith('lib/store/generated/'))
  .sort()
  .flatMap((file) => statementsOf(file, readFileSync(file, 'utf8')));

test('none is missed that a plain search finds', () => {
  const plain =
    /\bUPDATE (?:chunk|batch|dataset) SET\s+state = |^ {2}\w+: ", state = |\bdata: \{[^}]*\bstate(?:: \w+_TRANSITIONS\b|,)/gm;
  const files = globSync('lib/**/*.ts').filter((file) => !/\.test\.ts$|generated|postgres\/db\.ts$/.test(file));
  const found = files.map((file) => ({ file, count: [...readFileSync(file, 'utf8').matchAll(plain)].length }));
  expect(found.filter(({ count }) => count > 0).length).toBeGreaterThan(5);
  for (const { file, count } of found)
    expect(STATEMENTS.filter((one) => one.file === file).length, file).toBeGreaterThanOrEqual(count);
});

test('the statements that write a state as a word are those named here', () => {
  const words = STATEMENTS.filter(({ writes }) => !writes.parameter).map(({ name }) => name);
  expect(words.sort()).toEqual(Object.keys(FIXED).sort());
});

describe.each(STATEMENTS.filter(({ writes }) => !writes.parameter).map((one) => [one.name, one] as const))('%s', (name, one) => {
  const transitions = (FIXED[name] ?? []).map((named) => TABLES[one.table]?.[named]);

  test('writes what its transitions lead to, and nothing else', () => {
    expect(transitions).not.toContain(undefined);
    expect(one.writes.words).toEqual(sorted(transitions.map((transition) => transition?.to ?? '')));
  });

  test('finds the states that its transitions start from, and no others', () => {
    const from = sorted(transitions.flatMap((transition) => transition?.from ?? []));
    if (GUARDED_ELSEWHERE.test(name)) expect(name.split('.').at(-1)).toBe(FIXED[name]?.[0]);
    else if (name === OF_CLAIM) {
      expect(one.text).toContain('WHERE id = $1 AND epoch = $2 AND state = $3');
      expect(from).toEqual(sorted(CHUNK_OWNED));
    } else expect(one.finds).toEqual(from);
  });
});

test.each(STATEMENTS.filter(({ writes }) => writes.parameter).map((one) => [one.name, one] as const))(
  '%s takes both ends of its transition from the table',
  (_name, one) => {
    expect(one.writes.words).toEqual([]);
    expect(one.to).not.toEqual([]);
    expect(one.from).toEqual(one.to);
    expect(one.text).toMatch(/\bstate = ANY ?\(\$\d+\)/);
  },
);

test('every transition of the tables is carried out by one of them', () => {
  const carried = STATEMENTS.flatMap(({ name, table, to, writes }) =>
    (writes.parameter ? to : (FIXED[name] ?? [])).map((transition) => `${table} ${transition}`),
  );
  // One statement pauses, resumes, cancels and retries a batch, by the verb's name.
  const verbs = carried.includes('batch verb') ? ['pause', 'resume', 'cancel', 'retry'].map((verb) => `batch ${verb}`) : [];
  const all = Object.entries(TABLES).flatMap(([table, own]) => Object.keys(own).map((transition) => `${table} ${transition}`));
  expect(all.filter((one) => !carried.includes(one) && !verbs.includes(one))).toEqual([]);
});

test.each([
  ["UPDATE chunk SET note = 'state = x', state = 'done' WHERE id = $1 AND state = 'executing'", ['done'], ['executing']],
  [
    "UPDATE chunk SET\n  epoch = epoch + CASE WHEN state = 'paused' THEN 1 ELSE 0 END,\n  state = CASE WHEN a THEN 'done' ELSE state END WHERE x",
    ['done'],
    ['paused'],
  ],
  [
    "WITH a AS (UPDATE chunk SET seq = 1 WHERE state = 'executing') UPDATE chunk SET state = (CASE WHEN b THEN 'done' ELSE 'closed' END) FROM a",
    ['closed', 'done'],
    ['executing'],
  ],
  ["prisma.chunk.update({ where: { id, state: 'executing' }, data: { note: 'a', state: 'done' } })", ['done'], ['executing']],
])('reads %s', (text, words, finds) => {
  const [found] = statementsOf('x.ts', `const X = ${text.startsWith('prisma') ? text : JSON.stringify(text)};`);
  expect([found?.writes.words, found?.finds]).toEqual([words, finds]);
});

test('a statement that only looks at the state sets none', () => {
  const text = "const X = `UPDATE chunk SET seq = seq + 1, note = 'a' WHERE id = $1 AND state = 'executing' RETURNING state`;";
  expect(statementsOf('x.ts', text)).toEqual([]);
  expect(statementsOf('x.ts', "const X = prisma.chunk.update({ where: { state: 'done' }, data: { seq: 1 } });")).toEqual([]);
});

/** Lists of states that are spelled in a statement whose text is fixed, and the set of the lifecycle that each must be. */
const SPELLED: [file: string, set: readonly string[]][] = [
  ['lib/store/actions/breakers.sql.ts', CHUNK_ACTING],
  // Those that would send to the target, by themselves or when they are let go on; what halted counts only where it halted at this one.
  ['lib/store/actions/breakers.sql.ts', [...CHUNK_ACTING, ...CHUNK_HELD.filter((state) => state !== 'halted')]],
  ...[0, 1, 2].map((): [string, readonly string[]] => ['lib/store/chunks/claims.sql.ts', CHUNK_ACTING]),
  ['lib/store/chunks/claims.sql.ts', CHUNK_CLASSIFYING],
];

test('a list of states is spelled only where a text is fixed, and there as the set that it stands for', () => {
  const found = sources('lib/{store,steps,engine,connectors,classifiers,api}/**/*.ts').flatMap(([file, text]) =>
    [...text.matchAll(/state (?:NOT )?IN \(((?:'\w+'(?:, )?)+)\)/g)].map(({ 1: words = '' }) => [file, wordsOf(words)] as const),
  );
  const bySet = (list: readonly (readonly [string, readonly string[]])[]): string[] =>
    list.map(([file, words]) => `${file} ${sorted(words)}`).sort();
  expect(bySet(found)).toEqual(bySet(SPELLED));
});

test('no other file makes a list of chunk or batch states of its own', () => {
  const states: readonly string[] = [...CHUNK_STATES, ...BATCH_STATES];
  const lists = sources('{lib,app,components}/**/*.{ts,tsx}').flatMap(([file, text]) =>
    [...text.matchAll(/\[((?:\s*'\w+',?)+\s*)\]|(?:\bstate [!=]== '\w+'(?: (?:\|\||&&) (?:\w+\.)*state [!=]== '\w+')+)/g)]
      .map(({ 0: list }) => wordsOf(list))
      .filter((words) => words.length > 1 && words.every((word) => states.includes(word)))
      .map((words) => `${file} ${words}`),
  );
  // How loud a chunk is drawn is no part of its lifecycle.
  expect(lists).toEqual(['components/batches/chunk-grid.tsx awaiting_release,halted,unresolved']);
});

/** Ours, but neither tests nor generated, nor the tables themselves. */
function sources(pattern: string): [file: string, text: string][] {
  return globSync(pattern)
    .filter((file) => !/\.test\.tsx?$|^lib\/store\/generated|^lib\/core\/lifecycle\.ts$/.test(file))
    .sort()
    .map((file) => [file, readFileSync(file, 'utf8')]);
}

const wordsOf = (text: string): string[] => [...text.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? '');

type Statement = {
  file: string;
  /** file and declaration */
  name: string;
  table: string;
  /** with what is interpolated */
  text: string;
  writes: { words: string[] /** it writes a parameter */; parameter: boolean };
  /** the states that its guards let pass */
  finds: string[];
  /** the transitions whose ends its declaration takes from the tables */
  to: string[];
  from: string[];
};

/** The statements of one file that set the state of a dataset, a batch or a chunk. */
function statementsOf(file: string, source: string): Statement[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Statement[] = [];
  const visit = (node: ts.Node): void => {
    const text = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) ? textOf(node, tree) : textOfCall(node);
    const set = text === null ? null : assignmentOf(text);
    if (text !== null && set) return void found.push(statementOf(file, node, text, set));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function statementOf(file: string, node: ts.Node, text: string, { table, value, rest }: Assignment): Statement {
  let top = node;
  let clause = '';
  while (!ts.isSourceFile(top.parent)) {
    if (ts.isPropertyAssignment(top) && !clause && !/\bSET\b/.test(text)) clause = `.${top.name.getText()}`;
    top = top.parent;
  }
  const declared = top.getText();
  const [, named = '?'] = /(?:function\*?|const)\s+(\w+)/.exec(declared) ?? [];
  const names = (pattern: RegExp): string[] => sorted([...declared.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? ''));
  const from = names(/(?:chunkFrom|batchFrom)\('?(\w+)'?\)|_TRANSITIONS\.(\w+)\.from/g);
  const words = [...value.matchAll(/(?:THEN|ELSE|^\(?)\s*'(\w+)'/g)].map((match) => match[1] ?? '');
  const guards = [...rest.matchAll(/(?<![.\w])(?:c\.)?state (?:= |IN \()((?:'\w+'(?:, )?)+)/g)];
  const passed = guards.flatMap((match) => [...(match[1] ?? '').matchAll(/'(\w+)'/g)].map((word) => word[1] ?? ''));
  // The guard may be in a statement before it, which locks the row.
  const byName = /\bstate = ANY/.test(declared) ? from.flatMap((name) => TABLES[table]?.[name]?.from ?? []) : [];
  return {
    ...{ file, name: `${file} ${named}${clause}`, table, text },
    writes: { words: sorted(words), parameter: /^\$\d+$/.test(value) },
    finds: sorted([...passed, ...byName]),
    to: names(/_TRANSITIONS(?:\.(\w+)|\[(\w+)\])\.to/g),
    from,
  };
}

/** What a call of Prisma comes to, as far as states go; null for every other node. */
function textOfCall(node: ts.Node): string | null {
  if (!ts.isCallExpression(node)) return null;
  const [, table] = /\bprisma\.(dataset|batch|chunk)\.update\w*$/.exec(node.expression.getText()) ?? [];
  const [where, data] = ['where', 'data'].map((name) => memberOf(memberOf(node.arguments[0], name), 'state'));
  if (table === undefined || !data) return null;
  const to = ts.isStringLiteralLike(data) ? `'${data.text}'` : '$1';
  const from =
    where && ts.isStringLiteralLike(where) ? `= '${where.text}'` : memberOf(where, 'in') ? '= ANY ($2)' : 'IS NOT NULL';
  return `UPDATE ${table} SET state = ${to} WHERE state ${from}`;
}

function memberOf(node: ts.Node | undefined, name: string): ts.Expression | undefined {
  if (!node || !ts.isObjectLiteralExpression(node)) return undefined;
  const found = node.properties.find((one) => one.name?.getText() === name);
  if (!found) return undefined;
  return ts.isPropertyAssignment(found) ? found.initializer : (found.name as ts.Identifier | undefined);
}

type Assignment = { table: string; value: string /** the text without the assignment */; rest: string };

/** What the text sets `state` to: at the level of its SET, before what follows that. A clause begins with the comma before it. */
function assignmentOf(text: string): Assignment | null {
  const clause = text.startsWith(', state = ');
  let table = clause ? 'chunk' : null;
  let [depth, level, from] = [0, clause ? 0 : -1, -1];
  let before = '';
  for (const { 0: token, index } of text.matchAll(/'(?:[^']|'')*'|[\w.$]+|[^\s\w]/g)) {
    if (depth === level && from >= 0 && (token === ',' || /^(?:WHERE|FROM|RETURNING|\))$/.test(token)))
      return ended(text, table, from, index);
    if (/^(?:\(|CASE)$/.test(token)) depth += 1;
    if (/^(?:\)|END)$/.test(token)) depth -= 1;
    if (depth < level || (depth === level && /^(?:WHERE|FROM|RETURNING)$/.test(token))) level = -1;
    if (before === 'UPDATE') table = token;
    if (token === 'SET' && table !== null && table in TABLES) level = depth;
    if (token === 'state' && depth === level && (before === ',' || before === 'SET')) from = index;
    before = token;
  }
  return from >= 0 ? ended(text, table, from, text.length) : null;
}

function ended(text: string, table: string | null, from: number, to: number): Assignment {
  const value = text
    .slice(from, to)
    .replace(/^state\s*=\s*/, '')
    .trim();
  return { table: table ?? '?', value, rest: `${text.slice(0, from)} ${text.slice(to)}` };
}

/** The text as it reaches the database, as far as it is made of constants and of the lifecycle's lists. */
function textOf(node: ts.Expression, tree: ts.SourceFile): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => textOf(span.expression, tree) + span.literal.text).join('');
  if (ts.isCallExpression(node) && node.expression.getText() === 'stateList') return listed(node.getText());
  const constant = ts.isIdentifier(node) ? initialiserOf(node.text, tree) : undefined;
  return constant ? textOf(constant, tree) : '?';
}

function initialiserOf(name: string, tree: ts.SourceFile): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name) found = node.initializer;
    // What another file of ours says, by its address.
    if (ts.isImportSpecifier(node) && node.name.text === name) {
      const from = (node.parent.parent.parent.moduleSpecifier as ts.StringLiteral).text;
      if (!from.startsWith('#lib/store/')) return;
      const other = ts.createSourceFile(from, readFileSync(from.slice(1), 'utf8'), ts.ScriptTarget.Latest, true);
      const text = initialiserOf(name, other);
      if (text) found = ts.factory.createStringLiteral(textOf(text, other));
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function listed(call: string): string {
  return new Function(...Object.keys(lifecycle), `return ${call}`)(...Object.values(lifecycle));
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
