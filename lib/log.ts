import { format } from 'node:util';
import pino, { type LoggerOptions } from 'pino';

/**
 * An error for the log: type, message, code and stack, with its causes. Not its other members: PostgreSQL quotes whole rows in `detail`
 * and `where`, and what is in a row is people's data.
 * @internal for its tests
 */
export function describeError(error: unknown, depth = 0): ErrorInLog {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  return {
    type: error.constructor.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(constraint === undefined ? {} : { table, constraint }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= CAUSES_MAX ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

const CAUSES_MAX = 4;

type ErrorInLog = {
  type?: string;
  message: string;
  code?: unknown;
  table?: unknown;
  constraint?: unknown;
  stack?: string;
  cause?: ErrorInLog;
};

/** @internal for its tests, which write elsewhere */
export const LOG = {
  base: { pid: process.pid },
  serializers: { err: (error: unknown) => describeError(error) },
  redact: ['password', '*.password', 'token', '*.token', 'headers.authorization', 'headers.cookie'],
} satisfies LoggerOptions;

/**
 * The process's log, of a worker as of the web server: a line of JSON each, with `level`, `time`, `pid` and `msg`; errors are in `err`. What people see on
 * the terminal at the start is not a log: bin/start.ts prints that.
 */
export const log = pino(LOG);

/**
 * From now on what libraries print is in the log as well, one line each: what a stranger sent may be in it, line ends and all. For the web server's own
 * process.
 */
export function logConsole(): void {
  const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error' } as const;
  for (const [method, level] of Object.entries(levels) as [keyof typeof levels, (typeof levels)[keyof typeof levels]][]) {
    console[method] = (...said: unknown[]) => {
      const err = said.find((one) => one instanceof Error);
      log[level](err ? { err } : {}, format(...said.map((one) => (one instanceof Error ? one.message : one))));
    };
  }
}
