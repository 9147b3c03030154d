/**
 * Every place in which a person's value may stand, and what an erasure makes of it there. docs/erasure.md has the same as a table of columns, and a test holds
 * that to the schema. Prisma has no words for a search in all of them by one statement's shape, page by page along a key.
 */

/** A column of a key: its expression in the place's own rows, and its type. */
type KeyColumn = readonly [column: string, type: 'uuid' | 'int' | 'bigint' | 'text' | 'bytea'];

export type Place = {
  name: string;
  /** the table whose rows are changed; entries are under its name */
  table: string;
  /** rows to look at, as `t` (and what is joined to it) */
  from: string;
  /** the order in which they are looked at; it has an index */
  scan: readonly KeyColumn[];
  page: number;
  /** how large a row is, where a page of them may be too much for one statement */
  size?: string;
  /** in which the value is looked for: texts, and bytes */
  texts?: readonly string[];
  bytes?: readonly string[];
  /** by which a row is found again, in the table that is changed; absent: as it is scanned */
  key?: readonly KeyColumn[];
  dataset?: string;
  batch?: string;
  ordinal?: string;
  /** what a person sees of the row */
  excerpt: string;
  /** SET of an erasure; `$2` is the pattern of the value. Null: it stays, and `stays` says why */
  erase: string | null;
  stays?: string;
};

const PAGE = 2_000;
/** Of rows that may have megabytes each. */
const LARGE_PAGE = 200;
const DATASET_OF_BATCH = '(SELECT b.dataset_id FROM batch b WHERE b.id = t.batch_id)';
const ERASED_TEXT = `'[erased]'`;
const within = (column: string): string => `${column} = regexp_replace(t.${column}, $2, ${ERASED_TEXT}, 'gi')`;
const texts = (column: string): string => `${column} = erase_texts(t.${column}, $2)`;
const whole = (...columns: string[]): string =>
  columns
    .map(
      (column) => `${column} = CASE WHEN t.${column} IS NOT NULL AND t.${column} <> '' THEN ${ERASED_TEXT} ELSE t.${column} END`,
    )
    .join(', ');

/** All fields of an item and its bytes: the digest of the bytes stays, and so does the item's number. `name`: what becomes of a field's name. */
const erasedItem = (name: string): string =>
  `fields = (SELECT coalesce(jsonb_object_agg(${name}, ${ERASED_TEXT}::text), '{}') FROM jsonb_each(t.fields) f), raw = '', erased_at = clock_timestamp()`;
export const ERASE_ITEM = erasedItem('f.key');
export const ERASE_ROW = `excerpt = ''`;
export const ERASE_VALUE = 'salt = NULL, value = NULL';
export const ERASE_BYTES = 'bytes = NULL';
export const ERASE_NOTE = 'note = NULL';
export const ERASE_WORDS = 'override = NULL, note = NULL';
export const ERASE_WHY = `why = ${ERASED_TEXT}`;
export const ERASE_TASK = whole('title', 'body');
export const ERASE_APPEND = whole('text');
export const ERASE_ERRAND = whole('words', 'target', 'given_name');
export const ERASE_HANDED = 'change = NULL';
export const ERASE_FINDING = whole('target', 'reason');

export const PLACES: readonly Place[] = [
  {
    ...{
      name: 'item',
      table: 'item',
      from: 'item t',
      page: LARGE_PAGE,
      scan: [
        ['t.dataset_id', 'uuid'],
        ['t.ordinal', 'int'],
      ],
    },
    ...{
      size: 'octet_length(t.raw)',
      texts: ['t.fields::text'],
      bytes: ['t.raw'],
      dataset: 't.dataset_id',
      ordinal: 't.ordinal',
    },
    ...{ excerpt: 't.fields::text', erase: erasedItem(`regexp_replace(f.key, $2, ${ERASED_TEXT}, 'gi')`) },
  },
  {
    ...{ name: 'unreadable_row', table: 'unreadable_row', from: 'unreadable_row t', page: PAGE },
    ...{
      scan: [
        ['t.dataset_id', 'uuid'],
        ['t.line', 'int'],
      ],
      texts: ['t.reason'],
      bytes: ['t.excerpt'],
      dataset: 't.dataset_id',
    },
    ...{ excerpt: `encode(t.excerpt, 'escape')`, erase: `${ERASE_ROW}, reason = ${ERASED_TEXT}` },
  },
  {
    ...{ name: 'file_name', table: 'dataset_source', from: 'dataset_source t', page: PAGE },
    ...{
      scan: [
        ['t.dataset_id', 'uuid'],
        ['t.position', 'int'],
      ],
      texts: ['t.name'],
      dataset: 't.dataset_id',
    },
    ...{ excerpt: 't.name', erase: within('name') },
  },
  {
    ...{ name: 'dataset', table: 'dataset', from: 'dataset t', page: PAGE, scan: [['t.id', 'uuid']], dataset: 't.id' },
    ...{ texts: ['t.name', 't.fields::text', 't.dialect::text', 't.reason'], excerpt: 't.name' },
    erase: `${within('name')}, ${texts('fields')}, ${texts('dialect')}, ${within('reason')}`,
  },
  {
    ...{ name: 'receipt_value', table: 'receipt_value', from: 'receipt_value t', page: PAGE },
    ...{
      scan: [
        ['t.batch_id', 'uuid'],
        ['t.chunk', 'int'],
        ['t.seq', 'int'],
        ['t.field', 'text'],
      ],
      texts: ['t.value'],
    },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, excerpt: 't.value', erase: ERASE_VALUE },
    ordinal: '(SELECT r.ordinal FROM receipt r WHERE r.batch_id = t.batch_id AND r.chunk = t.chunk AND r.seq = t.seq)',
  },
  {
    ...{ name: 'request', table: 'frozen_request', page: LARGE_PAGE },
    from: 'manifest_row t JOIN frozen_request q ON q.digest = t.request_digest JOIN decision d ON d.id = t.decision_id',
    ...{
      scan: [
        ['t.decision_id', 'uuid'],
        ['t.ordinal', 'int'],
      ],
      bytes: ['q.bytes'],
      key: [
        ['q.digest', 'bytea'],
        ['d.batch_id', 'uuid'],
      ],
    },
    ...{ batch: 'd.batch_id', dataset: '(SELECT b.dataset_id FROM batch b WHERE b.id = d.batch_id)', ordinal: 't.ordinal' },
    ...{ excerpt: `encode(t.bytes, 'escape')`, erase: ERASE_BYTES },
  },
  {
    ...{ name: 'undo_request', table: 'frozen_request', page: LARGE_PAGE },
    from: 'undo_item t JOIN frozen_request q ON q.digest = t.request_digest',
    ...{
      scan: [
        ['t.batch_id', 'uuid'],
        ['t.ordinal', 'int'],
      ],
      bytes: ['q.bytes'],
      key: [
        ['q.digest', 'bytea'],
        ['t.batch_id', 'uuid'],
      ],
    },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, ordinal: 't.ordinal' },
    ...{ excerpt: `encode(t.bytes, 'escape')`, erase: ERASE_BYTES },
  },
  {
    ...{ name: 'classification', table: 'classification', from: 'classification t', page: PAGE },
    ...{
      scan: [
        ['t.batch_id', 'uuid'],
        ['t.ordinal', 'int'],
      ],
      texts: ['t.why'],
    },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, ordinal: 't.ordinal', excerpt: 't.why', erase: ERASE_WHY },
  },
  {
    ...{
      name: 'correction',
      table: 'correction',
      from: 'correction t',
      page: PAGE,
      scan: [['t.id', 'bigint']],
      texts: ['t.note'],
    },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, ordinal: 't.ordinal', excerpt: 't.note', erase: ERASE_NOTE },
  },
  {
    ...{
      name: 'decision',
      table: 'decision',
      from: 'decision t',
      page: PAGE,
      scan: [['t.id', 'uuid']],
      texts: ['t.override', 't.note'],
    },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, excerpt: `concat_ws(' ', t.override, t.note)`, erase: ERASE_WORDS },
  },
  {
    ...{
      name: 'chunk',
      table: 'chunk',
      from: 'chunk t',
      page: PAGE,
      scan: [['t.id', 'uuid']],
      texts: ['t.name', 't.note', 't.halt_reason', 't.error_budget::text', 't.agent_name'],
    },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, excerpt: `concat_ws(' ', t.name, t.note, t.halt_reason, t.agent_name)` },
    erase: `${within('name')}, ${within('note')}, ${within('halt_reason')}, ${texts('error_budget')}, ${within('agent_name')}`,
  },
  {
    ...{ name: 'append', table: 'append', from: 'append t', page: PAGE, scan: [['t.id', 'bigint']], texts: ['t.text'] },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, ordinal: 't.ordinal', excerpt: 't.text', erase: ERASE_APPEND },
  },
  {
    ...{
      name: 'follow_up',
      table: 'follow_up',
      from: 'follow_up t',
      page: PAGE,
      scan: [['t.id', 'bigint']],
      texts: ['t.title', 't.body'],
    },
    ...{
      batch: 't.batch_id',
      dataset: 't.dataset_id',
      ordinal: 't.ordinal',
      excerpt: `concat_ws(' ', t.title, t.body)`,
      erase: ERASE_TASK,
    },
  },
  {
    ...{ name: 'errand', table: 'errand', from: 'errand t', page: PAGE, scan: [['t.key', 'text']] },
    ...{ texts: ['t.words', 't.target', 't.given_name'], batch: 't.batch_id', dataset: DATASET_OF_BATCH, ordinal: 't.ordinal' },
    ...{ excerpt: `concat_ws(' ', t.given_name, t.words, t.target)`, erase: ERASE_ERRAND },
  },
  {
    ...{ name: 'handed_change', table: 'handed_change', from: 'handed_change t', page: LARGE_PAGE, size: 't.bytes' },
    scan: [
      ['t.batch_id', 'uuid'],
      ['t.ordinal', 'int'],
    ],
    ...{ bytes: ['t.change'], batch: 't.batch_id', dataset: DATASET_OF_BATCH, ordinal: 't.ordinal' },
    ...{ excerpt: `encode(t.change, 'escape')`, erase: ERASE_HANDED },
  },
  {
    ...{ name: 'inspection', table: 'inspection', from: 'inspection t', page: PAGE, texts: ['t.target', 't.reason'] },
    scan: [
      ['t.batch_id', 'uuid'],
      ['t.ordinal', 'int'],
      ['t.step', 'int'],
    ],
    ...{
      batch: 't.batch_id',
      dataset: DATASET_OF_BATCH,
      ordinal: 't.ordinal',
      excerpt: `concat_ws(' ', t.target, t.reason)`,
      erase: ERASE_FINDING,
    },
  },
  {
    ...{ name: 'batch', table: 'batch', from: 'batch t', page: PAGE, scan: [['t.id', 'uuid']], texts: ['t.name', 't.task_ref'] },
    ...{ batch: 't.id', dataset: 't.dataset_id', excerpt: `concat_ws(' ', t.name, t.task_ref)` },
    erase: `${within('name')}, ${within('task_ref')}`,
  },
  {
    ...{ name: 'plan', table: 'batch', from: 'batch t', page: LARGE_PAGE, scan: [['t.id', 'uuid']], texts: ['t.plan::text'] },
    ...{ batch: 't.id', dataset: 't.dataset_id', excerpt: 't.name', erase: texts('plan') },
  },
  {
    ...{ name: 'plan_revision', table: 'batch_plan', from: 'batch_plan t', page: LARGE_PAGE },
    ...{
      scan: [
        ['t.batch_id', 'uuid'],
        ['t.revision', 'int'],
      ],
      texts: ['t.plan::text'],
    },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, excerpt: `'revision ' || t.revision`, erase: texts('plan') },
  },
  {
    ...{ name: 'saved_plan', table: 'saved_plan', from: 'saved_plan t', page: LARGE_PAGE, scan: [['t.id', 'uuid']] },
    ...{ texts: ['t.name', 't.plan::text'], excerpt: 't.name', erase: `${within('name')}, ${texts('plan')}` },
  },
  {
    ...{ name: 'event', table: 'event', from: 'event t', page: PAGE, scan: [['t.id', 'bigint']], texts: ['t.facts::text'] },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, excerpt: 't.facts::text', erase: texts('facts') },
  },
  {
    ...{ name: 'incident', table: 'incident', from: 'incident t', page: PAGE, scan: [['t.id', 'uuid']], texts: ['t.message'] },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, excerpt: 't.message', erase: within('message') },
  },
  {
    ...{ name: 'notice', table: 'matter', from: 'matter t', page: PAGE, scan: [['t.id', 'bigint']], texts: ['t.facts::text'] },
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, excerpt: 't.facts::text', erase: texts('facts') },
  },
  {
    ...{
      name: 'api_answer',
      table: 'api_write',
      from: 'api_write t',
      page: LARGE_PAGE,
      scan: [
        ['t.actor', 'text'],
        ['t.key', 'text'],
      ],
    },
    ...{ texts: ['t.done::text', 't.path'], bytes: ['t.response'], excerpt: 't.path' },
    erase: `${within('path')}, ${texts('done')}, response = CASE WHEN t.response IS NULL THEN NULL ELSE convert_to('{"erased":true}', 'UTF8') END`,
  },
  {
    ...{ name: 'security_event', table: 'security_event', from: 'security_event t', page: PAGE, scan: [['t.id', 'bigint']] },
    ...{ texts: ['t.facts::text'], excerpt: 't.facts::text', erase: texts('facts') },
  },
  {
    ...{ name: 'api_key', table: 'api_key', from: 'api_key t', page: PAGE, scan: [['t.id', 'uuid']], texts: ['t.name'] },
    ...{ excerpt: 't.name', erase: within('name') },
  },
  {
    ...{
      name: 'invitation',
      table: 'setup_link',
      from: 'setup_link t',
      page: PAGE,
      scan: [['t.token_digest', 'bytea']],
      texts: ['t.email'],
    },
    ...{ excerpt: 't.email', erase: 'email = NULL, expires_at = least(t.expires_at, clock_timestamp())' },
  },
  {
    ...{ name: 'person', table: 'user', from: '"user" t', page: PAGE, scan: [['t.id', 'uuid']], texts: ['t.name', 't.email'] },
    ...{ excerpt: `concat_ws(' ', t.name, t.email)`, erase: null },
    stays: 'This is the account of a person. Remove it below, where its name and its address go together.',
  },
  {
    ...{ name: 'connection', table: 'connection', from: 'connection t', page: PAGE, scan: [['t.id', 'uuid']] },
    ...{ texts: ['t.name', 't.address', 't.auth::text', 't.declared::text', 't.tested_reason'], excerpt: 't.name', erase: null },
    stays: 'Batches send through this connection. Change it on its own page.',
  },
  {
    ...{
      name: 'reading',
      table: 'dataset_reading',
      from: 'dataset_reading t',
      page: LARGE_PAGE,
      scan: [['t.id', 'uuid']],
      bytes: ['t.body'],
    },
    ...{ dataset: 't.dataset_id', excerpt: `'revision ' || t.revision`, erase: null },
    stays:
      'A reading has the names of columns and no value of a row; receipts are bound to its digest. Delete the dataset if no batch was made of it.',
  },
  {
    ...{ name: 'receipt', table: 'receipt', from: 'receipt t', page: PAGE, bytes: ['t.body'] },
    scan: [
      ['t.batch_id', 'uuid'],
      ['t.chunk', 'int'],
      ['t.seq', 'int'],
    ],
    ...{ batch: 't.batch_id', dataset: DATASET_OF_BATCH, ordinal: 't.ordinal', excerpt: `encode(t.body, 'escape')`, erase: null },
    stays:
      'The bytes of a receipt are what its hash is over: they stay as they are, or the record proves nothing. docs/erasure.md says what can stand there.',
  },
];

export const keyOf = ({ key, scan }: Place): readonly KeyColumn[] => key ?? scan;

/** A row's key as a JSON array of texts. */
export const keyJson = (columns: readonly KeyColumn[]): string =>
  `jsonb_build_array(${columns.map(([column, type]) => (type === 'bytea' ? `encode(${column}, 'hex')` : `${column}::text`)).join(', ')})`;

/** Such a key's columns again, of a jsonb expression. */
export const keyValues = (columns: readonly KeyColumn[], json: string): string[] =>
  columns.map(([, type], index) =>
    type === 'bytea' ? `decode(${json} ->> ${index}, 'hex')` : `(${json} ->> ${index})::${type}`,
  );
