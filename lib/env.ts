/**
 * The environment, parsed once. Every process of the product (start, web, worker, tests) reads its settings here and nowhere else.
 */

import { resolve } from 'node:path';
import { z } from 'zod';
import { CountersignError, type Problem } from './core/errors.ts';
import { DEADLINE_HOURS_MAX, METRICS_TOKEN_CHARS_MIN } from './core/limits.ts';
import { isRole, ROLES } from './core/people/roles.ts';

export type Env = z.output<typeof envSchema>;

const state = globalThis as typeof globalThis & { countersignEnv?: Env };

/** This process's environment. Throws `invalid` with one problem per bad variable, each saying what to do. */
export function env(): Env {
  state.countersignEnv ??= parseEnv(process.env);
  return state.countersignEnv;
}

/**
 * Parses an environment given as data; empty values count as absent. Pure, but for resolving DATA_DIR against the working directory.
 * @internal for its tests
 */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const parsed = envSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems: Problem[] = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  const lines = problems.map((problem) => `  ${problem.path}: ${problem.message}`);
  throw new CountersignError('invalid', `The environment can't be used:\n${lines.join('\n')}`, { problems });
}

const postgresUrl = z.string().refine(
  (text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return /^postgres(ql)?:$/.test(url.protocol) && url.username !== '' && url.pathname.length > 1;
  },
  // The value is not repeated: it holds a password.
  { error: 'is not a PostgreSQL address with a user and a database. Write it as postgresql://user:password@host:5432/database' },
);

const whole = (least: number, most: number, what: string) =>
  z.string().transform((text, context) => {
    const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    context.addIssue({ code: 'custom', message: `is "${text}". Write ${what}, a whole number from ${least} to ${most}` });
    return z.NEVER;
  });

const flag = z.string().transform((text, context) => {
  const word = text.trim().toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  if (['0', 'false', 'no', 'off'].includes(word)) return false;
  context.addIssue({ code: 'custom', message: `is "${text}". Write 1 (yes) or 0 (no)` });
  return z.NEVER;
});

/** A name or an address as URLs write it, and a port. */
const HOST_AND_PORT = /^([^\s/:@[\]]+|\[[0-9a-fA-F:.]+\]):([1-9]\d{0,4})$/;

const mailAddress = (what: string) =>
  z.string().refine((text) => z.email().safeParse(text).success, { error: `is not a mail address. Write ${what}` });

const webAddress = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
  error: 'is not an address of the web. Write it as https://countersign.example.com',
});

/** Settings that mean nothing alone. */
const TOGETHER = [
  ['ADMIN_EMAIL', 'ADMIN_PASSWORD'],
  ['SMTP_URL', 'MAIL_FROM'],
  ['NOTICE_WEBHOOK_URL', 'NOTICE_WEBHOOK_SECRET'],
  ['OIDC_ISSUER', 'OIDC_CLIENT_ID'],
  ['OIDC_ISSUER', 'OIDC_CLIENT_SECRET'],
] as const;

/** Every setting there is; `.env.example` names the same ones. */
export const envSchema = z
  .object({
    /** The web server's port. */
    PORT: whole(1, 65_535, 'a port').default(3000),
    /** The address to listen on; loopback unless told otherwise. */
    HOST: z.string().default('127.0.0.1'),
    /** Absolute path of the folder for the embedded database, keys and logs. */
    DATA_DIR: z
      .string()
      .default('.data')
      .transform((path) => resolve(path)),
    /** Absolute path of the folder for original files, shared by all web processes; absent: `originals` in DATA_DIR. */
    ORIGINALS_DIR: z
      .string()
      .transform((path) => resolve(path))
      .optional(),
    /** The application role's connection; absent: an embedded PostgreSQL. */
    DATABASE_URL: postgresUrl.optional(),
    /** The owner role's connection, used for migrations only. */
    MIGRATE_DATABASE_URL: postgresUrl.optional(),
    ADMIN_EMAIL: mailAddress('the address that the first admin signs in with').optional(),
    ADMIN_PASSWORD: z
      .string()
      .min(8, { error: 'is too short. Use at least 8 characters' })
      .max(128, { error: 'is longer than 128 characters' })
      .optional(),
    /** A first API key for scripts. */
    ADMIN_API_KEY: z.string().min(16, { error: 'is too short. Use at least 16 characters' }).optional(),
    /** Lets a monitoring system read /metrics, and nothing else. */
    METRICS_TOKEN: z
      .string()
      .min(METRICS_TOKEN_CHARS_MIN, { error: `is too short. Use at least ${METRICS_TOKEN_CHARS_MIN} characters` })
      .optional(),
    /** Signs sessions, and the key of connections is made of it; the same for all web processes. */
    SECRET_KEY: z
      .string()
      .min(32, { error: 'is too short. Use at least 32 characters, for instance from: openssl rand -base64 32' })
      .optional(),
    /** Encrypts the secrets of connections; the same for all processes. Absent: made of SECRET_KEY. */
    CONNECTIONS_KEY: z
      .string()
      .min(32, { error: 'is too short. Use what stands in connections.key of the DATA_DIR that npm start was given' })
      .optional(),
    /** Path of the Ed25519 private key (PKCS 8, PEM) that signs tree heads. */
    SIGNING_KEY_FILE: z.string().optional(),
    /** Whether requests may go to any private and loopback address, for tests and trials; TARGETS_ALLOWED names some. */
    ALLOW_PRIVATE_TARGETS: flag.default(false),
    /** Hosts with their ports that requests may go to at any address, private and loopback ones too. */
    TARGETS_ALLOWED: z
      .string()
      .default('')
      .transform((text, context) => {
        const places: string[] = [];
        for (const one of text.split(/[\s,]+/).filter((part) => part !== '')) {
          const [, host = '', port = ''] = HOST_AND_PORT.exec(one) ?? [];
          if (host !== '' && Number(port) <= 65_535) places.push(`${host.toLowerCase()}:${Number(port)}`);
          else
            context.addIssue({
              code: 'custom',
              message: `has "${one}". Write hosts with their ports: crm.internal:443,10.0.0.7:8080,[fd00::7]:80`,
            });
        }
        return places;
      }),
    /** Whether every approval, release and answer asks for the second factor; off: where a plan does. */
    STEP_UP: flag.default(false),
    /** Whether the password is enough where a second factor is asked for. */
    STEP_UP_PASSWORD: flag.default(false),
    /** Who has to give a second factor with each session: all, or these roles; absent: nobody. Who comes by the provider is asked there. */
    SECOND_FACTOR_FOR: z
      .string()
      .transform((text, context) => {
        const named = text.split(/[\s,]+/).filter((one) => one !== '');
        if (named.length === 1 && named[0] === 'all') return ROLES;
        for (const one of named.filter((role) => !isRole(role)))
          context.addIssue({ code: 'custom', message: `has "${one}". Write all, or roles: ${ROLES.join(',')}` });
        return named.filter(isRole);
      })
      .default([]),
    /** Words that everybody in the house knows: a new password that is little more than them is refused. */
    PASSWORD_WORDS: z
      .string()
      .max(10_000, { error: 'is longer than 10,000 characters' })
      .transform((text, context) => {
        const words = text
          .toLowerCase()
          .split(/[\s,]+/)
          .filter((one) => one !== '');
        for (const one of words.filter((word) => word.length < 3))
          context.addIssue({
            code: 'custom',
            message: `has "${one}". A word has 3 characters at least, or it stands in every password`,
          });
        return words;
      })
      .default([]),
    /** A session that nobody used for so long ends; absent: after a week, used or not. */
    SESSION_IDLE_MINUTES: whole(5, 7 * 24 * 60, 'minutes').optional(),
    /** How people reach the web server, for the links of notices and for passkeys; absent: at HOST and PORT. */
    PUBLIC_URL: webAddress.transform((text) => new URL(text).origin).optional(),
    /** A provider of OpenID Connect that people may sign in with, and as whom this site asks it; absent: passwords and passkeys only. */
    OIDC_ISSUER: webAddress.optional(),
    OIDC_CLIENT_ID: z.string().optional(),
    OIDC_CLIENT_SECRET: z.string().optional(),
    /** What people call it. */
    OIDC_NAME: z.string().max(60, { error: 'is longer than 60 characters' }).optional(),
    /** The mail server that notices are sent by; absent: no mail is sent. */
    SMTP_URL: z
      .string()
      // The value is not repeated: it holds a password.
      .refine((text) => URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== '', {
        error: 'is not the address of a mail server. Write it as smtps://user:password@mail.example.com:465',
      })
      .optional(),
    /** Whom notices are from. */
    MAIL_FROM: mailAddress('the address that notices are sent from').optional(),
    /** Where each notice is posted too, signed as Standard Webhooks. */
    NOTICE_WEBHOOK_URL: webAddress.optional(),
    NOTICE_WEBHOOK_SECRET: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, {
        error:
          'is not the secret of a webhook. Write whsec_ and 24 to 64 bytes in base64, for instance from: echo whsec_$(openssl rand -base64 32)',
      })
      .optional(),
    /** A question that has waited so long is told again, to ESCALATE_TO; absent: never. */
    ANSWER_WITHIN_HOURS: whole(1, DEADLINE_HOURS_MAX, 'hours').optional(),
    /** The mail address of the person who is told then; absent: every admin is. */
    ESCALATE_TO: mailAddress('the address of a person here').optional(),
    /** Original files go so long after the last batch of their dataset ended; absent: never. */
    RETAIN_ORIGINALS_DAYS: whole(1, 36_500, 'days').optional(),
    /** The values of a batch, and the rows of a dataset, go so long after it, or its last batch, ended; absent: never. */
    RETAIN_VALUES_DAYS: whole(1, 36_500, 'days').optional(),
    /** Worker processes started beside the web server. */
    WORKERS: whole(0, 64, 'how many worker processes to start').default(2),
  })
  .superRefine((value, context) => {
    if (value.MIGRATE_DATABASE_URL && !value.DATABASE_URL) {
      context.addIssue({
        code: 'custom',
        path: ['DATABASE_URL'],
        message: 'is missing while MIGRATE_DATABASE_URL is set. Give both, or neither for the embedded database',
      });
    }
    for (const [one, other] of TOGETHER) {
      if ((value[one] === undefined) === (value[other] === undefined)) continue;
      const message = `is missing. Give ${one} and ${other} together, or neither`;
      context.addIssue({ code: 'custom', path: [value[one] === undefined ? one : other], message });
    }
    if (value.OIDC_ISSUER !== undefined && value.PUBLIC_URL === undefined) {
      const message = 'is missing while OIDC_ISSUER is set: the provider sends people back to it';
      context.addIssue({ code: 'custom', path: ['PUBLIC_URL'], message });
    }
    if (value.STEP_UP_PASSWORD && value.SECOND_FACTOR_FOR.length > 0) {
      const message = 'is set while SECOND_FACTOR_FOR asks for a second factor. Leave one of them out';
      context.addIssue({ code: 'custom', path: ['STEP_UP_PASSWORD'], message });
    }
    if (value.ESCALATE_TO !== undefined && value.ANSWER_WITHIN_HOURS === undefined) {
      const message = 'is missing while ESCALATE_TO is set. Give both, or ANSWER_WITHIN_HOURS alone';
      context.addIssue({ code: 'custom', path: ['ANSWER_WITHIN_HOURS'], message });
    }
  });
