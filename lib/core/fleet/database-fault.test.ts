import { expect, test } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import { damageOf, databaseFault, isConnectionLoss, refusalOfFault } from './database-fault.ts';

const withCode = (code: string, message = 'what PostgreSQL said', severity = 'ERROR') =>
  Object.assign(new Error(message), { code, severity });
/** As Prisma 7 gives on what its adapter met. */
const ofPrisma = (code: string, originalCode?: string, severity = 'ERROR') =>
  Object.assign(withCode(code), { meta: { driverAdapterError: { cause: { originalCode, kind: 'postgres', severity } } } });

test.each([
  ['53100', 'full'],
  ['58030', 'full'],
  ['53200', 'crowded'],
  ['53300', 'crowded'],
  ['53400', 'crowded'],
  ['25006', 'readonly'],
])('%s: the server refused, and certainly did nothing (%s)', (code, kind) => {
  expect(databaseFault(withCode(code))).toEqual({ kind, certain: true });
  expect(databaseFault(ofPrisma('P2010', code))).toEqual({ kind, certain: true });
  expect(isConnectionLoss(withCode(code))).toBe(false);
});

test('a server that ends for want of room: the COMMIT that it was at may have been done', () => {
  const panic = withCode('53100', 'could not write to file "pg_wal/xlogtemp.1": No space left on device', 'PANIC');
  expect(databaseFault(panic)).toEqual({ kind: 'full', certain: false });
  expect(isConnectionLoss(panic)).toBe(true);
  expect(databaseFault(ofPrisma('P2010', '53100', 'PANIC'))).toEqual({ kind: 'full', certain: false });
  // At the door nothing was asked yet.
  expect(databaseFault(withCode('53300', 'sorry, too many clients already', 'FATAL'))).toEqual({
    kind: 'crowded',
    certain: true,
  });
});

test.each(['08006', '08P01', '57P01', '57P02', '57P03', '57P05', '25P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])(
  '%s: nobody knows what became of it',
  (code) => {
    expect(databaseFault(withCode(code))).toEqual({ kind: 'away', certain: false });
    expect(isConnectionLoss(withCode(code))).toBe(true);
  },
);

test.each([
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Query read timeout',
  'timeout expired',
  'Client has encountered a connection error and is not queryable',
])('the driver says without a code: %s', (message) => {
  expect(databaseFault(new Error(message))).toEqual({ kind: 'away', certain: false });
});

test('a pool whose connections are all in use did nothing', () => {
  expect(databaseFault(new Error('timeout exceeded when trying to connect'))).toEqual({ kind: 'crowded', certain: true });
});

test('Prisma, which hides the code of a refused connection', () => {
  expect(databaseFault(ofPrisma('P1001'))).toEqual({ kind: 'away', certain: false });
  expect(databaseFault(ofPrisma('P2037', '53300'))).toEqual({ kind: 'crowded', certain: true });
});

test.each([
  withCode('23505'),
  withCode('57014'),
  withCode('42P01'),
  ofPrisma('P2002', '23505'),
  new Error('No connection is called crm; its socket or timeout is none of the database.'),
  new CountersignError('unavailable', 'Connection terminated by a person.'),
  'Connection terminated',
  null,
])('what is no fault of the database: %s', (error) => {
  expect(databaseFault(error)).toBeNull();
  expect(refusalOfFault(error)).toBeNull();
});

test('whoever asked is told what, what to do, and when to ask again, and nothing of the error', () => {
  const refusal = refusalOfFault(withCode('53100', 'could not extend file "base/16400/16512"'));
  expect(refusal).toMatchObject({ code: 'unavailable', facts: { fault: 'full', retryAfterSeconds: 5 } });
  expect(refusal?.message).toBe(
    "The database's disk is full or refuses writes. Free space on the disk that holds the database. What was stored before is safe. Check whether this was done before you repeat it.",
  );
});

const CUT = 'could not read blocks 3..3 in file "base/16400/16512": read only 0 of 8192 bytes';

test.each([
  ['XX001', CUT, 'base/16400/16512'],
  ['XX001', 'invalid page in block 7 of relation "base/16400/16512"', 'base/16400/16512'],
  ['XX002', 'index "item_pkey" contains unexpected zero page at block 0', 'item_pkey'],
  ['58P01', 'could not open file "base/16400/16512.1" (target block 131072): No such file or directory', 'base/16400/16512.1'],
  ['58P01', 'could not access status of transaction 1234', 'could not access status of transaction 1234'],
])('%s: damage, which waiting does not cure: %s', (code, said, file) => {
  const message = `The database's files are damaged. Stop everything, keep the files as they are, and restore a backup. PostgreSQL says: ${said}`;
  const byPrisma = ofPrisma('P2010', code);
  Object.assign(byPrisma.meta.driverAdapterError.cause, { originalMessage: said });
  for (const error of [withCode(code, said), byPrisma]) {
    expect(damageOf(error)).toEqual({ file, message });
    expect(databaseFault(error)).toBeNull();
    // Nobody is told that what was stored is safe, or when to ask again.
    expect(refusalOfFault(error)).toMatchObject({ code: 'unavailable', message, facts: { fault: 'damaged' } });
  }
});

test.each([
  withCode('58P01', 'could not access file "$libdir/postgis": No such file or directory'),
  withCode('XX000', 'cache lookup failed for relation 1'),
  withCode('53100', CUT),
  new CountersignError('unavailable', CUT),
  new Error(CUT),
  null,
])('what is no damage: %s', (error) => {
  expect(damageOf(error)).toBeNull();
});
