/** Connections, as the API and the pages have them. What is secret is taken, and never given. */
import { z } from 'zod';
import { connectionAuth } from '#lib/core/connections/auth.ts';
import {
  CONNECTION_NAME_CHARS_MAX,
  CONNECTION_WINDOW_SECONDS_MAX,
  FOLDER_CHARS_MAX,
  SECRET_CHARS_MAX,
  SECRET_CHARS_MIN,
  URL_CHARS_MAX,
} from '#lib/core/limits.ts';
import { modelOfConnection } from '#lib/core/models/model.ts';
import { id, instant, nameNumber } from './values.ts';

const connectionName = z
  .string()
  .min(1, 'A connection needs a name.')
  .max(CONNECTION_NAME_CHARS_MAX, `A connection’s name has at most ${CONNECTION_NAME_CHARS_MAX} characters.`)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'A connection’s name has letters, digits, dots, dashes and underscores: plans name it.');

const AT_ONCE = 'Requests at once are a whole number from 1 to 10000.';
const REQUESTS = 'Requests are a whole number from 1 to 1000000.';
const SECONDS = `Seconds are a whole number from 1 to ${CONNECTION_WINDOW_SECONDS_MAX}.`;

const connectionLimits = z.strictObject({
  concurrency: z
    .int(AT_ONCE)
    .min(1, AT_ONCE)
    .max(10_000, AT_ONCE)
    .nullable()
    .default(null)
    .describe('Requests out at once over all workers; null: no bound.'),
  windows: z
    .array(
      z.strictObject({
        seconds: z.int(SECONDS).min(1, SECONDS).max(CONNECTION_WINDOW_SECONDS_MAX, SECONDS),
        requests: z.int(REQUESTS).min(1, REQUESTS).max(1_000_000, REQUESTS),
      }),
    )
    .max(5)
    .default([])
    .describe('At most so many requests in so many seconds, over all workers. They are spread evenly.'),
});
export type ConnectionLimits = z.infer<typeof connectionLimits>;

const template = z.record(z.string(), z.json()).nullable().default(null);

const HOURS = `Hours are a number from 1 to ${24 * 365}.`;

const keys = z
  .strictObject({
    honoured: z.boolean(),
    forHours: z
      .number(HOURS)
      .min(1, HOURS)
      .max(24 * 365, HOURS)
      .nullable()
      .default(null),
  })
  .default({ honoured: false, forHours: null })
  .describe('Whether the target ignores a repeat with the same Idempotency-Key, and for how long; forHours null: for ever.');

/** What its target promises; an action that says otherwise is gone by. */
const declared = z.strictObject({
  keys,
  inspect: template.describe(
    'How the target is asked what became of a request, as an action’s `inspect`; its URL may name {{idempotencyKey}} only.',
  ),
  success: template.describe('What counts as done, as an action’s `success`.'),
  permanent: z.boolean().default(false).describe('Whether what its actions do can’t be taken back.'),
  model: modelOfConnection
    .nullish()
    .describe('Of a connection to a model: whose protocol it speaks, which model it is, and what it costs.'),
});
export type Declared = z.infer<typeof declared>;

const secrets = z
  .record(
    z.string(),
    z
      .string()
      .min(SECRET_CHARS_MIN, `A secret has at least ${SECRET_CHARS_MIN} characters.`)
      .max(SECRET_CHARS_MAX, `A secret has at most ${SECRET_CHARS_MAX} characters.`)
      .regex(/^[\x20-\x7E]*$/, 'A secret is printable ASCII.'),
  )
  .describe(
    'What is secret, by name: token (bearer), password (basic), value (header, query), clientSecret (oauth2), signingSecret (signed). Never given back.',
  );

const parts = {
  address: z
    .string()
    .trim()
    .min(1, 'A connection needs an address.')
    .max(URL_CHARS_MAX)
    .describe('Where it is: https://crm.example/api/, under which actions name places; or postgresql://db.example:5432/crm.'),
  auth: connectionAuth,
  limits: connectionLimits.default({ concurrency: null, windows: [] }),
  ...declared.shape,
  usableBy: z
    .array(z.enum(['operator'], 'Beside admins, connections are used by operators.'))
    .max(1)
    .default([])
    .describe('Whose plans may name it, beside admins’.'),
  secrets: secrets.optional(),
};

export const newConnection = z.strictObject({
  name: connectionName,
  connector: z.string().max(40).describe('The connector that sends over it; `model` for a model that classifies.'),
  ...parts,
});
export const connectionChange = z.strictObject({ revision: nameNumber.describe('The one that was looked at.'), ...parts });

const offers = z
  .object({
    tables: z
      .array(
        z.object({
          name: z.string(),
          columns: z.array(z.string()),
          key: z.array(z.string()).describe('Its primary key.'),
          triggers: z
            .array(z.string())
            .optional()
            .describe(
              'Triggers and rules that act when one of its rows is changed. What they do is not shown before, and not undone.',
            ),
        }),
      )
      .optional()
      .describe('Those that plans can name, with their schemas.'),
    places: z.array(z.string()).optional().describe('Those that plans can name: the folders of a mailbox.'),
    statements: z.array(z.string()).optional().describe('What somebody has to run there first.'),
    mayPrepare: z.boolean().optional().describe('Whether the connection’s own role may run them.'),
  })
  .describe('What the test found there beside its verdict.');
export type Offers = z.infer<typeof offers>;

export const tested = z.object({ at: instant, ok: z.boolean(), reason: z.string(), offers: offers.nullish() });

/** What a form or a script writes of one, beside its name. */
export type ConnectionWritten = Omit<z.input<typeof connectionChange>, 'revision'>;

export const connection = z.object({
  id,
  name: z.string(),
  connector: z.string(),
  revision: nameNumber,
  address: z.string(),
  auth: connectionAuth.and(z.object({ secret: z.object({ id, version: nameNumber, set: z.boolean() }).nullable() })),
  limits: connectionLimits,
  ...declared.shape,
  usableBy: z.array(z.string()),
  state: z
    .enum(['ok', 'open', 'probing'])
    .describe('open: it fails for everybody, or somebody paused it; probing: one chunk tries it.'),
  tested: tested.nullable().describe('What the test button found last; null since the last change.'),
  updatedBy: z.string().describe('By name.'),
  updatedAt: instant,
});
export type Connection = z.infer<typeof connection>;

export const connectionTest = z
  .strictObject({
    path: z.string().max(URL_CHARS_MAX).default('').describe('What to ask for under the address; left out: the address itself.'),
    method: z.enum(['GET', 'HEAD']).default('GET'),
  })
  .optional();

/** Which place of a connection is read into a dataset. */
export const sourceInput = z.strictObject({
  place: z
    .string()
    .min(1, 'A place is missing: the folder that is to be read.')
    .max(FOLDER_CHARS_MAX)
    .describe('The folder of a mailbox, by its whole path, as the test of the connection lists it.'),
  id: z.uuid().optional().describe('The id that the dataset gets, for whoever wants to watch it arrive.'),
});
