/** The protocol, broken one guard at a time. docs/mutations.md says what catches each. */

/** `from` must be found exactly once in the file; `to` is what is written in its place. */
type Edit = { file: string; from: string; to: string };

export type Mutant = {
  name: string;
  /** What does not hold any more. */
  breaks: string;
  edits: Edit[];
  /** Test files that it needs beside those that every mutant meets. */
  tests?: string[];
  /** Cells of the soak's matrix whose title contains this: in one of them the receipts must come to say what is not so. */
  cells?: string;
};

const RECEIPTS = 'lib/store/receipts/receipts.sql.ts';
const EXECUTION = 'lib/store/actions/execution.sql.ts';
const WRITER = 'lib/engine/execute/receipt-writer.ts';
const EXECUTOR = 'lib/engine/execute/executor.ts';
const ATTEMPT = 'lib/engine/execute/attempt.ts';
const AHEAD = 'lib/engine/execute/ahead.ts';
const LOOK_UP = 'lib/engine/execute/look-up.ts';
const SEND_REMOTE = 'lib/engine/execute/send-remote.ts';
const SEND_TRANSACTIONAL = 'lib/engine/execute/send-transactional.ts';
const TASK = 'lib/connectors/task/connector.ts';
const EXECUTE = 'lib/steps/actions/execute-chunk.ts';
const CLAIMS = 'lib/store/chunks/claims.sql.ts';
const CLASSIFICATIONS = 'lib/store/chunks/classifications.sql.ts';

const APPEND = 'lib/steps/work/append-work.ts';
const AGENT = 'lib/connectors/agent/connector.ts';
const LATER = 'lib/engine/execute/answers-later.ts';
const ERRANDS = 'lib/store/errands/errands.sql.ts';
const CORRECT = 'lib/steps/checkpoints/correct.ts';
const CLOSING = 'lib/store/receipts/batch-receipts.sql.ts';
const COVER = 'lib/steps/checkpoints/cover.ts';
const FROZEN = 'lib/store/checkpoints/frozen.sql.ts';
const LIFECYCLE = 'lib/core/lifecycle.ts';
const DISCARD = 'lib/store/chunks/classifications.ts';
const BATCH_PLAN = 'lib/store/batches/batch-plan.sql.ts';
const REST = 'lib/store/batches/rest.sql.ts';

const APPENDED = ['lib/steps/work/append-work.test.ts'];
const ERRANDED = ['lib/steps/work/errands.test.ts'];
const CORRECTED = ['lib/steps/checkpoints/correct.test.ts'];
const CLOSED = ['lib/steps/batches/batch-receipts.test.ts'];
const DECIDED = ['lib/steps/checkpoints/decide-many.test.ts'];
const REVISED = ['lib/steps/plans/revise-rules.test.ts'];
const WORKED = ['lib/steps/actions/execute-chunk.test.ts'];
const WRITTEN_AHEAD = ['lib/engine/execute/ahead.test.ts'];
const REPEATED = ['lib/steps/actions/repeats.test.ts'];

/** The parameter stays in the statement, or the database would refuse it for another reason. */
const ANY_EPOCH = '$2::int IS NOT NULL';

/** The ends of the guarded statements of outcomes, and of outcomes with intents. */
const outcomesWhere = (guard: string): string => `WHERE id = $1 ${guard}\n  RETURNING seq\n)\`;\n\nconst INSERTED_OUTCOMES`;
const bothWhere = (guard: string): string => `WHERE id = $1 ${guard}\n  RETURNING seq, \${GOING} AS going`;

const edit = (file: string, from: string, to: string): Edit => ({ file, from, to });

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'an agent’s silence taken for a failure',
    breaks: 'An agent that said nothing may have acted, and the receipt says that it did not.',
    edits: [edit(AGENT, "{ result: 'uncertain', reason: 'agent_silent' }", "{ result: 'failed', reason: 'agent_failed' }")],
    tests: ERRANDED,
  },
  {
    name: 'an errand handed out of a chunk that is to stop',
    breaks: 'After a pause, a cancel or a halt something is begun.',
    edits: [
      edit(ERRANDS, "b.state = 'running' AND c.state = 'executing' AND c.stopping IS NULL", 'true'),
      edit(
        ERRANDS,
        "WHERE id = $1 AND state = 'executing' AND stopping IS NULL FOR NO KEY UPDATE",
        'WHERE id = $1 FOR NO KEY UPDATE',
      ),
    ],
    tests: ERRANDED,
  },
  {
    name: 'an errand given again',
    breaks: 'Who asks for an errand is given one that another has.',
    edits: [
      edit(ERRANDS, 'AND e.closed IS NULL AND e.given_to IS NULL AND', 'AND e.closed IS NULL AND'),
      edit(ERRANDS, 'AND closed IS NULL AND given_to IS NULL RETURNING until', 'RETURNING until'),
    ],
    tests: ERRANDED,
  },
  {
    name: 'an answer that is to come frees its place',
    breaks: 'More actions are out at once than the plan allows.',
    edits: [edit(LATER, 'run.awaited.size >= slotsOf(run);', 'run.awaited.size > slotsOf(run);')],
    tests: ERRANDED,
  },
  {
    name: 'a chunk given back deaf to an answer',
    breaks: 'An answer that came before the chunk was given back is waited for.',
    edits: [
      edit(CLAIMS, `not_before = CASE WHEN \${LATER} THEN least`, 'not_before = CASE WHEN true THEN least'),
      edit(CLAIMS, `waits_for = CASE WHEN \${LATER} THEN 'agent' END`, "waits_for = 'agent'"),
    ],
    tests: ERRANDED,
  },
  {
    name: 'I1 sent before its intent is committed',
    breaks: 'A request leaves while its intent is still on its way, and also when the intent is refused.',
    edits: [
      edit(
        SEND_REMOTE,
        'await storeIntent(run, attempt).catch(async (error: unknown) => {\n    await closeRequest(run, attempt.row, false);\n    throw error;\n  });',
        'storeIntent(run, attempt).catch(() => {});',
      ),
    ],
    cells: 'intents.before × kill × ok',
  },
  {
    name: 'an intent before the outcome that freed its slot',
    breaks: 'Where what waits is more than one statement takes, an intent is stored while its slot is still taken on record.',
    edits: [
      edit(
        WRITER,
        'cameBefore(waiting.outcomes, waiting.intents[0]?.place)',
        'waiting.outcomes.splice(0, planned.length || waiting.outcomes.length)',
      ),
    ],
  },
  {
    name: 'an intent ahead of its slot where no keys are kept',
    breaks: 'A person is asked about more actions after a kill: about some that were never sent.',
    edits: [edit(AHEAD, ' || !honoursKeys(run, attempt)) return 0;', ') return 0;')],
    tests: WRITTEN_AHEAD,
  },
  {
    name: 'what is ahead of its slot sent after a pause',
    breaks: 'A slot that becomes free long after a pause or a cancel is used once more.',
    edits: [edit(AHEAD, 'if (run.clock.now() - run.goingAt > GOING_MS) {', 'if (run.clock.now() < run.goingAt + GOING_MS) {')],
    tests: WRITTEN_AHEAD,
  },
  {
    name: 'I1 made inside although its intent was refused',
    breaks: 'An effect inside Countersign does not need its intent to be on record.',
    edits: [
      edit(
        SEND_TRANSACTIONAL,
        'await run.writer.intents(attempts.map((attempt) => intentRow(run, attempt)));',
        'await run.writer.intents(attempts.map((attempt) => intentRow(run, attempt))).catch(() => {});',
      ),
    ],
  },
  {
    name: 'a task withdrawn although its item could not be taken back',
    breaks: 'Of a task and its place on the shelf an undo takes back one, and its receipt says that it failed.',
    edits: [edit(TASK, 'return !failed;', 'return true;')],
    tests: ['lib/connectors/inside.test.ts'],
  },
  {
    name: 'I1 a lost acknowledgement taken for a success',
    breaks: 'A commit whose answer was lost is believed without looking.',
    edits: [edit(WRITER, 'if (attempted.length > 0 && (await areStored(db, claim, attempted))) return;', 'return;')],
  },
  {
    name: 'I1 a lost acknowledgement taken for a failure',
    breaks: 'A commit whose answer was lost is written again without looking.',
    edits: [edit(WRITER, 'if (attempted.length > 0 && (await areStored(db, claim, attempted))) return;', '')],
  },
  {
    name: 'I1 looked up too early',
    breaks: 'The lost statement is looked for while its server process may still commit it.',
    edits: [edit(WRITER, 'await untilGone(db, client.backend);', '')],
  },
  {
    name: 'I2 a step that is taken counts as written',
    breaks: 'A duplicate (batch, ordinal, step) is swallowed: the receipt of somebody else is taken for one’s own.',
    edits: [
      edit(WRITER, "if (sqlStateOf(error) === '23505') throw new Refused('lost');", "if (sqlStateOf(error) === '23505') return;"),
    ],
  },
  {
    name: 'I3 intents in any state',
    breaks: 'An intent is written to a chunk that is not executing: it was paused, halted, or is over.',
    edits: [
      edit(
        RECEIPTS,
        "WHERE id = $1 AND epoch = $2 AND state = 'executing' AND stopping IS NULL",
        'WHERE id = $1 AND epoch = $2 AND stopping IS NULL',
      ),
    ],
  },
  {
    name: 'I3 outcomes in any state',
    breaks: 'An outcome is written to a chunk that is not executing.',
    edits: [edit(RECEIPTS, outcomesWhere("AND epoch = $2 AND state = 'executing'"), outcomesWhere('AND epoch = $2'))],
  },
  {
    name: 'I3 outcomes with intents in any state',
    breaks: 'The statement that writes both does not look at the state.',
    edits: [edit(RECEIPTS, bothWhere("AND epoch = $2 AND state = 'executing'"), bothWhere('AND epoch = $2'))],
  },
  {
    name: 'I3 intents while the chunk is being stopped',
    breaks: 'A pause or a cancel that is committed does not keep a worker from beginning.',
    edits: [
      edit(
        RECEIPTS,
        "WHERE id = $1 AND epoch = $2 AND state = 'executing' AND stopping IS NULL",
        "WHERE id = $1 AND epoch = $2 AND state = 'executing'",
      ),
    ],
  },
  {
    name: 'I3 outcomes with intents while the chunk is being stopped',
    breaks: 'The same where an intent goes with an outcome.',
    edits: [edit(RECEIPTS, "const GOING = 'stopping IS NULL';", "const GOING = 'true';")],
  },
  {
    name: 'I3 classifications while the chunk is being stopped',
    breaks: 'A classifier goes on in a chunk that was paused or cancelled.',
    edits: [
      edit(
        CLASSIFICATIONS,
        "WHERE id = $1 AND epoch = $2 AND state = 'classifying' AND stopping IS NULL RETURNING revision)",
        "WHERE id = $1 AND epoch = $2 AND state = 'classifying' RETURNING revision)",
      ),
    ],
  },
  {
    name: 'epoch intents',
    breaks: 'A worker whose chunk was taken over still writes intents, and sends.',
    edits: [
      edit(
        RECEIPTS,
        "WHERE id = $1 AND epoch = $2 AND state = 'executing' AND stopping IS NULL",
        `WHERE id = $1 AND ${ANY_EPOCH} AND state = 'executing' AND stopping IS NULL`,
      ),
    ],
  },
  {
    name: 'epoch outcomes',
    breaks: 'A worker whose chunk was taken over still says what became of its heir’s actions.',
    edits: [
      edit(
        RECEIPTS,
        outcomesWhere("AND epoch = $2 AND state = 'executing'"),
        outcomesWhere(`AND ${ANY_EPOCH} AND state = 'executing'`),
      ),
    ],
    cells: 'manifest.verified × stop × hang',
  },
  {
    name: 'epoch outcomes with intents',
    breaks: 'The same where they share a statement.',
    edits: [
      edit(RECEIPTS, bothWhere("AND epoch = $2 AND state = 'executing'"), bothWhere(`AND ${ANY_EPOCH} AND state = 'executing'`)),
    ],
  },
  {
    name: 'epoch inspections',
    breaks: 'A worker whose chunk was taken over still settles uncertain actions.',
    edits: [
      edit(
        RECEIPTS,
        "WHERE id = $1 AND epoch = $2 AND state = 'executing' RETURNING seq)",
        `WHERE id = $1 AND ${ANY_EPOCH} AND state = 'executing' RETURNING seq)`,
      ),
    ],
  },
  {
    name: 'epoch classifications',
    breaks: 'A worker whose chunk was taken over still classifies items.',
    edits: [
      edit(
        CLASSIFICATIONS,
        "WHERE id = $1 AND epoch = $2 AND state = 'classifying' AND stopping IS NULL RETURNING revision)",
        `WHERE id = $1 AND ${ANY_EPOCH} AND state = 'classifying' AND stopping IS NULL RETURNING revision)`,
      ),
    ],
  },
  {
    name: 'epoch the end of an execution',
    breaks: 'A worker whose chunk was taken over ends it under its heir.',
    edits: [
      edit(
        EXECUTION,
        "'SELECT stopping FROM chunk WHERE id = $1 AND epoch = $2 AND state = ANY($3) AND in_flight = 0 FOR UPDATE'",
        `'SELECT stopping FROM chunk WHERE id = $1 AND ${ANY_EPOCH} AND state = ANY($3) AND in_flight = 0 FOR UPDATE'`,
      ),
    ],
  },
  {
    name: 'epoch a halt',
    breaks: 'A worker whose chunk was taken over halts it under its heir.',
    edits: [
      edit(
        EXECUTION,
        'WHERE id = $1 AND epoch = $2 AND state = $3 RETURNING state`',
        `WHERE id = $1 AND ${ANY_EPOCH} AND state = $3 RETURNING state\``,
      ),
    ],
  },
  {
    name: 'I4 an open intent sent again where no keys are kept',
    breaks: 'What an owner before left open is repeated at a target that takes it for a second request.',
    edits: [
      edit(
        ATTEMPT,
        "return to.kind === 'remote' && to.honoursKeys(row, run.clock.now() - since);",
        "return to.kind === 'remote' && since > Number.NEGATIVE_INFINITY;",
      ),
    ],
    cells: 'send.answered × kill × ok',
  },
  {
    name: 'I4 a key relied on for ever',
    breaks: 'How long the target keeps a key is not looked at.',
    edits: [
      edit(
        EXECUTE,
        'ageMs < (kept.get(row.category) ?? 0) - KEYS_MARGIN_MS',
        'ageMs > Number.NEGATIVE_INFINITY && (kept.get(row.category) ?? 0) > KEYS_MARGIN_MS',
      ),
    ],
    tests: WORKED,
  },
  {
    name: 'I4 another key at the repeat',
    breaks: 'What is repeated goes out under a key of its own, and the target takes it for a second request.',
    edits: [
      edit(
        ATTEMPT,
        'const { attempt, idempotencyKey: key } = intent;',
        'const { attempt } = intent;\n  const key = idempotencyKey(intent.decision, row.ordinal, attempt + 1);',
      ),
    ],
    cells: 'send.answered × kill × ok',
  },
  {
    name: 'I4 another key at the repeat of a living worker',
    breaks: 'What may have acted is sent again under a key of its own, and the target takes it for a second request.',
    edits: [
      edit(
        SEND_REMOTE,
        'const answer = await apply(sendingOf(run, attempt), run.lease.signal);',
        "const answer = await apply(sendingOf(run, attempt), run.lease.signal);\n  if ('repeat' in answer) attempt.key = attempt.key.replace(/./, 'x');",
      ),
    ],
    tests: REPEATED,
    cells: 'send.before × kill × 500-after',
  },
  {
    name: 'I4 repeated by a living worker where no keys are kept',
    breaks: 'A target that takes the repeat for a second request is sent one.',
    edits: [
      edit(SEND_REMOTE, 'if (!honoursKeys(run, attempt)) return null;', ''),
      edit(
        SEND_REMOTE,
        'if (opened && honoursKeys(run, attempt)) return true;',
        'if (opened && attempt.since > Number.NEGATIVE_INFINITY) return true;',
      ),
    ],
    tests: REPEATED,
    cells: 'send.before × kill × 500-after',
  },
  {
    name: 'I4 repeated without a bound',
    breaks: 'A target that only fails is sent the same request again and again.',
    edits: [edit('lib/core/retry.ts', 'answer.repeats >= most || asked', 'most < 0 || asked')],
    tests: REPEATED,
  },
  {
    name: 'the old key at the next attempt',
    breaks:
      'After a refusal the next attempt has the key of the one before, and a target that keeps what it said under a key says it again.',
    edits: [
      edit(
        ATTEMPT,
        'const key = idempotencyKey(run.approval.decisionId, row.ordinal, attempt + 1);',
        'const key = idempotencyKey(run.approval.decisionId, row.ordinal, attempt);',
      ),
    ],
    tests: REPEATED,
  },
  {
    name: 'I4 a refusal of the repeat believed',
    breaks: 'A target that refuses the repeat is taken to have said that the first did nothing.',
    edits: [
      edit(
        ATTEMPT,
        'mayHaveActed: inherited || doubt !== null, holdOff: drain }',
        'mayHaveActed: (inherited || doubt !== null) && row.ordinal < 0, holdOff: drain }',
      ),
    ],
  },
  {
    name: 'I4 “not there” taken for not executed',
    breaks: 'The target does not know of the request, and that settles the action, though somebody may still be sending.',
    edits: [
      edit(LOOK_UP, "said.finding === 'did_not' ? 'not_executed' : null;", "said.finding !== 'unknown' ? 'not_executed' : null;"),
    ],
    tests: WORKED,
    // Only where the one request that is held is one that is asked about.
    cells: 'send.checked × st',
  },
  {
    name: 'I5 the frozen rows are not verified',
    breaks: 'What runs need not be what was approved.',
    edits: [
      edit(EXECUTOR, 'if (hasher.digest() === approval.manifestDigest) return null;', "if (hasher.digest() !== '') return null;"),
    ],
  },
  {
    name: 'I5 approved although it changed',
    breaks: 'A decision does not compare what it builds with what was on the screen.',
    edits: [
      edit(
        COVER,
        'const isChanged = manifest.digest !== on.digest;',
        'const isChanged = manifest.digest === on.digest.slice(1);',
      ),
    ],
    tests: DECIDED,
  },
  {
    name: 'I5 rows of a refused chunk stay',
    breaks: 'What was written of a large chunk before it was judged is kept although the chunk is refused.',
    edits: [edit(FROZEN, "'ROLLBACK TO SAVEPOINT chunk; RELEASE SAVEPOINT chunk'", "'RELEASE SAVEPOINT chunk'")],
    tests: DECIDED,
  },
  {
    name: 'I3 a decision over a chunk of another revision',
    breaks: 'The statement that numbers the receipts of people does not look at the revision.',
    edits: [edit(RECEIPTS, 'AND (at_revision IS NULL OR revision = at_revision)', 'AND (at_revision IS NULL OR revision > 0)')],
    tests: DECIDED,
  },
  {
    name: 'a correction with an ordinal',
    breaks:
      'What a person did to an item is stored as a step of its action, and whoever reads the highest step takes it for one.',
    edits: [
      edit(
        CORRECT,
        "...NO_STEP, chunk: row.number, kind: 'correction'",
        "...NO_STEP, ordinal: ordinals[0] ?? null, step: 1, chunk: row.number, kind: 'correction'",
      ),
    ],
    tests: CORRECTED,
  },
  {
    name: 'an attestation that counts as done',
    breaks: 'What an agent says that it did is counted among the actions of the chunk.',
    edits: [edit(RECEIPTS, "if ('attested' in says) return '';", "if ('attested' in says) return ', done = done + 1';")],
    tests: APPENDED,
  },
  {
    name: 'an attestation from before the approval',
    breaks: 'An agent attests that something was done that nobody has approved.',
    edits: [
      edit(
        APPEND,
        "if (CHUNK_NOTABLE.includes(state)) return 'note';",
        "if (CHUNK_NOTABLE.includes(state)) return 'attestation';",
      ),
    ],
    tests: APPENDED,
  },
  {
    name: 'an attestation of another key',
    breaks: 'Whoever did nothing of a chunk says what was done there.',
    edits: [
      edit(
        APPEND,
        'if (!(await isClassifiedBy(tx, row.id, actor.id)))',
        'if (!(await isClassifiedBy(tx, row.id, actor.id)) && row.id === actor.id)',
      ),
    ],
    tests: APPENDED,
  },
  {
    name: 'I5 a correction that raises no revision',
    breaks: 'A decision on the screen of before still holds.',
    edits: [edit(RECEIPTS, ', revision = revision + 1, corrected = corrected', ', corrected = corrected')],
    tests: CORRECTED,
  },
  {
    name: 'a closing while something is out',
    breaks: 'The closing receipt tells of fewer receipts than there will be.',
    edits: [edit(CLOSING, 'OR in_flight > 0)) THEN false', 'AND in_flight < 0)) THEN false')],
    tests: CLOSED,
  },
  {
    name: 'a closing apart from the answer that it follows',
    breaks: 'Who dies in between leaves a batch whose last closing receipt does not tell of all there is.',
    edits: [edit('lib/steps/uncertain/answer-uncertain.ts', 'if (over) await finishBatch(tx, batchId);', 'void over;')],
    tests: CLOSED,
  },
  {
    name: 'I6 sending goes on when an outcome can’t be recorded',
    breaks: 'New intents follow an outcome that is not on record.',
    edits: [edit(WRITER, 'fault = error;', 'void error;')],
    tests: WORKED,
  },
  {
    name: 'epoch a renewal',
    breaks:
      'A worker whose chunk was taken over renews the lease of its heir, and takes it for its own: in one process, where a loop inherits from an earlier one, nothing else tells the two apart.',
    edits: [
      edit(
        CLAIMS,
        "const STANDS = 'c.epoch = a.epoch AND c.state = a.state",
        "const STANDS = 'a.epoch IS NOT NULL AND c.state = a.state",
      ),
    ],
  },
  {
    name: 'leases by the clock of the worker',
    breaks: 'How long a lease lasts depends on whose clock is right.',
    edits: [
      edit(
        CLAIMS,
        "SET lease_until = clock_timestamp() + $4 * interval '1 millisecond' FROM mine",
        'SET lease_until = to_timestamp($4::float8 / 1000) FROM mine',
      ),
      edit(CLAIMS, 'claims.map(({ state }) => state), LEASE_MS],', 'claims.map(({ state }) => state), Date.now() + LEASE_MS],'),
    ],
    tests: ['test/crash/clocks.test.ts'],
  },
  {
    name: 'the lease is not looked at before a send',
    breaks:
      'A worker that froze after its intent’s commit still sends when it wakes. No receipt is false by that, for “uncertain” was on record: the window is wider, that is all. So no cell of the soak can tell.',
    edits: [
      edit(
        SEND_REMOTE,
        "if (!run.lease.valid()) throw new Refused('lost');\n    await reach('send.checked', run.claim.batchId);",
        "await reach('send.checked', run.claim.batchId);",
      ),
    ],
  },
  {
    name: 'an item is reviewed again in two batches',
    breaks: 'What a batch left unsent is planned again although another batch has it already: both would send it.',
    edits: [edit(REST, `f.fate = 'free' AND NOT \${TAKEN} AS free`, "f.fate = 'free' OR $2::uuid = gen_random_uuid() AS free")],
    tests: ['lib/steps/batches/review-again.test.ts'],
    cells: 'classifying.ended × kill',
  },
  {
    name: 'an item that may have happened is reviewed again',
    breaks:
      'What is uncertain in a batch that was cancelled is planned again: it may have happened, and would be sent once more.',
    edits: [
      edit(
        REST,
        "IN ('failed', 'skipped', 'not_executed') THEN 'free'",
        "IN ('failed', 'skipped', 'not_executed', 'uncertain') THEN 'free'",
      ),
    ],
    tests: ['test/model/contract.test.ts'],
  },
  {
    name: 'I5 other rules classify again what was signed',
    breaks: 'A chunk that one person has signed is classified again by a revision of the rules.',
    edits: [
      edit(
        LIFECYCLE,
        "classify_again: { from: ['classifying', 'awaiting_review'],",
        "classify_again: { from: ['classifying', 'awaiting_review', 'awaiting_second'],",
      ),
    ],
    tests: REVISED,
  },
  {
    name: 'other rules discard what people corrected',
    breaks: 'Classifications that a person gave are dropped with those of the classifier.',
    edits: [edit(DISCARD, 'NOT: { OR: PEOPLE.map((kind) => ({ by: { startsWith: kind } })) }', "by: { not: '' }")],
    tests: REVISED,
  },
  {
    name: 'other rules leave a chunk to the worker that classifies it',
    breaks:
      'A chunk that is being classified takes a revision of the rules and keeps its worker, so that it mixes two revisions.',
    edits: [
      edit(
        LIFECYCLE,
        "classify_again: { from: ['classifying', 'awaiting_review'],",
        "classify_again: { from: ['awaiting_review'],",
      ),
    ],
    tests: REVISED,
  },
  {
    name: 'the rules of a revision are not used',
    breaks: 'A chunk that goes by other rules is classified by those that its batch was started with.',
    edits: [edit(BATCH_PLAN, 'p.revision = c.plan_revision', 'p.revision = -c.plan_revision')],
    tests: REVISED,
    cells: 'classifying.ended × kill',
  },
  {
    name: 'what a person corrected is classified again',
    breaks: 'A worker classifies also what a person has corrected, and overwrites it.',
    edits: [
      edit(
        CLASSIFICATIONS,
        '\n            AND NOT EXISTS (SELECT 1 FROM classification a WHERE a.batch_id = $4 AND a.ordinal = ci.ordinal)',
        '\n            AND $4::uuid IS NOT NULL',
      ),
      edit(
        CLASSIFICATIONS,
        'AS a(ordinal, category, why, confidence, part)`,',
        'AS a(ordinal, category, why, confidence, part)\n       ON CONFLICT (batch_id, ordinal) DO UPDATE SET category = excluded.category, why = excluded.why, "by" = excluded."by", part = excluded.part`,',
      ),
    ],
    tests: REVISED,
    cells: 'classifying.ended × kill',
  },
];
