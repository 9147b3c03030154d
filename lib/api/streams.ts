/** The paths that carry files and live events. They go by as streams: nothing of them is held in memory. */
import { Readable } from 'node:stream';
import type { OpenAPI } from '@orpc/contract';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import type { Verb } from '#lib/auth/authorise.ts';
import { tellDownloaded } from '#lib/auth/reads.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { HAND_IN_BYTES_MAX, IDEMPOTENCY_KEY_CHARS_MAX, SSE_RECONNECT_MS } from '#lib/core/limits.ts';
import { incoming } from '#lib/incoming.ts';
import { log } from '#lib/log.ts';
import { uploadedDataset } from '#lib/shapes/datasets.ts';
import { securityAsked } from '#lib/shapes/security.ts';
import { followUpsAsked } from '#lib/shapes/tasks.ts';
import { handInMade } from '#lib/shapes/work.ts';
import { exportScratchpad } from '#lib/steps/chunks/export-scratchpad.ts';
import { type Download, downloadDataset } from '#lib/steps/datasets/download-dataset.ts';
import { downloadUnreadable } from '#lib/steps/datasets/download-unreadable.ts';
import { DOWNLOAD_FORMATS, DOWNLOAD_TYPES, UPLOAD_TYPES } from '#lib/steps/datasets/formats.ts';
import { readDatasetAlone } from '#lib/steps/datasets/read-datasets.ts';
import { type Uploaded, type UploadInput, uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { uploadFixedRows } from '#lib/steps/datasets/upload-fixed-rows.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { follow, sentBy } from '#lib/steps/live/live-actors.ts';
import { streamBoard } from '#lib/steps/live/live-board.ts';
import { type HouseEvent, streamHouse } from '#lib/steps/live/live-house.ts';
import { streamEvents } from '#lib/steps/live/stream-events.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { exportTrail } from '#lib/steps/receipts/export-trail.ts';
import { exportSecurity } from '#lib/steps/security/export-security.ts';
import { exportFollowUps } from '#lib/steps/tasks/export-follow-ups.ts';
import { handIn } from '#lib/steps/work/hand-in.ts';
import { idempotencyKey, once, requestDigest } from './idempotency.ts';
import { problemResponse } from './problem.ts';
import { datasetOf, described } from './router.ts';

export type Stream = {
  method: 'GET' | 'POST';
  path: string;
  /** answers in place of the contract's path of the same address, where this format is asked for */
  format?: string;
  /** how the OpenAPI document tells of it */
  operation: OpenAPI.OperationObject;
  answer(actor: Actor, request: Request, params: Record<string, string>): Promise<Response>;
};

const ofBatch: OpenAPI.ParameterObject = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
const ofDataset: OpenAPI.ParameterObject = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
const inQuery = (name: string, schema: OpenAPI.ParameterObject['schema'], description?: string): OpenAPI.ParameterObject => ({
  name,
  in: 'query',
  required: false,
  schema,
  ...(description ? { description } : {}),
});
const file = (...types: string[]): OpenAPI.ResponsesObject => ({
  200: {
    description: 'The file, streamed.',
    content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])),
  },
});

/** The answer to an upload. */
const UPLOADED: OpenAPI.ResponseObject = {
  description: 'The dataset.',
  content: {
    'application/json': {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/Dataset' },
          {
            type: 'object',
            properties: {
              same: {
                description:
                  'The latest other dataset of the very same file, which may be what is wanted; null where there is none.',
                anyOf: [
                  {
                    type: 'object',
                    properties: {
                      id: { type: 'string', format: 'uuid' },
                      name: { type: 'string' },
                      createdAt: { type: 'string', format: 'date-time' },
                    },
                  },
                  { type: 'null' },
                ],
              },
            },
          },
        ],
      },
    },
  },
};

export const streams: Stream[] = [
  {
    method: 'POST',
    path: '/api/v1/datasets',
    operation: {
      operationId: 'datasets.upload',
      summary: 'Upload a file',
      description:
        'The body is the file. The answer comes when the file is read to its end; its first items can be read before that. An Idempotency-Key stands for this name and length.',
      parameters: [
        {
          name: 'name',
          in: 'query',
          required: true,
          schema: { type: 'string', minLength: 1 },
          description: 'The name of the file; its ending says what it is.',
        },
        inQuery(
          'id',
          { type: 'string', format: 'uuid' },
          'The id that the dataset is to have, for a sender who watches it arrive.',
        ),
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          schema: { type: 'string', maxLength: IDEMPOTENCY_KEY_CHARS_MAX },
        },
      ],
      requestBody: {
        required: true,
        content: { 'application/octet-stream': {}, ...Object.fromEntries(UPLOAD_TYPES.map((type) => [type, {}])) },
      },
      responses: {
        201: UPLOADED,
      },
    },
    async answer(actor, request) {
      const { name, id } = asked(
        request,
        z.strictObject({
          name: z.string({ error: 'is missing: give the name of the file, as in ?name=mail.mbox' }).min(1),
          id: z.uuid().optional(),
        }),
      );
      return uploaded(actor, request, name, (input, signal) => uploadDataset(actor, input, { signal, ...(id ? { id } : {}) }));
    },
  },
  {
    method: 'POST',
    path: '/api/v1/datasets/{id}/fixed-rows',
    operation: {
      operationId: 'datasets.fixed',
      summary: 'Upload rows that were fixed',
      description:
        'The body is the file of `/datasets/{id}/unreadable?format=original`, fixed. The answer is a new dataset: the items that were read, then those of this file. An Idempotency-Key stands for this name and length.',
      parameters: [
        ofDataset,
        {
          ...{ name: 'name', in: 'query', required: true, schema: { type: 'string', minLength: 1 } },
          description: 'The name of the file.',
        },
        inQuery(
          'leaveOut',
          { type: 'integer', minimum: 0, default: 0 },
          'How many rows that could not be read this file does not bring: they are given up.',
        ),
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          schema: { type: 'string', maxLength: IDEMPOTENCY_KEY_CHARS_MAX },
        },
      ],
      requestBody: {
        required: true,
        content: { 'application/octet-stream': {}, ...Object.fromEntries(UPLOAD_TYPES.map((type) => [type, {}])) },
      },
      responses: { 201: UPLOADED },
    },
    async answer(actor, request, { id: datasetId = '' }) {
      const { name, leaveOut } = asked(
        request,
        z.strictObject({
          name: z.string({ error: 'is missing: give the name of the file' }).min(1),
          leaveOut: z.coerce.number().int().min(0).default(0),
        }),
      );
      return uploaded(actor, request, name, (input, signal) =>
        uploadFixedRows(actor, { datasetId, leaveOut }, input, { signal }),
      );
    },
  },
  {
    method: 'GET',
    path: '/api/v1/datasets/{id}/unreadable',
    format: 'original',
    operation: {
      operationId: 'datasets.unreadable',
      summary: 'List the rows that could not be read',
      description:
        'With `format=original`: the rows, whole, as a file that can be fixed and uploaded again, with the first line of the original and in its character set.',
      parameters: [ofDataset, inQuery('format', { type: 'string', enum: ['original'] }, 'Give a file, and no list.')],
      responses: file(...UPLOAD_TYPES),
    },
    async answer(actor, request, { id = '' }) {
      asked(request, z.strictObject({ format: z.literal('original') }));
      return download(await downloadUnreadable(actor, { datasetId: id }), request, {
        actor,
        verb: 'download',
        about: `dataset:${id}`,
      });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/datasets/{id}/file',
    operation: {
      operationId: 'datasets.file',
      summary: 'Download a dataset',
      description:
        'original, and the format of the upload by its name, are the file as it was uploaded. Where it is not kept, or there were several, they are the original bytes of the items.',
      parameters: [ofDataset, inQuery('format', { type: 'string', enum: [...DOWNLOAD_FORMATS], default: 'original' })],
      responses: file(...DOWNLOAD_TYPES),
    },
    async answer(actor, request, { id = '' }) {
      const { format } = asked(request, z.strictObject({ format: z.enum(DOWNLOAD_FORMATS).default('original') }));
      return download(await downloadDataset(actor, { datasetId: id, format }), request, {
        actor,
        verb: 'download',
        about: `dataset:${id}`,
        facts: { format },
      });
    },
  },
  {
    method: 'POST',
    path: '/api/v1/batches/{id}/chunks/{n}/work/commits',
    operation: {
      operationId: 'work.commits',
      summary: 'Hand in commits, as an agent',
      description:
        'The body is what `git bundle create c.bundle BASE..HEAD` wrote, at most 32 MiB; BASE is the commit that the claim named. Each commit names one item of the chunk and changes its file alone. All of it is kept, or nothing, and a refusal says which commit and why. The same bundle under the same claim counts once; what another one makes of an item replaces what was handed in of it.',
      parameters: [
        ofBatch,
        { name: 'n', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
        {
          name: 'epoch',
          in: 'query',
          required: true,
          schema: { type: 'integer', minimum: 1 },
          description: 'The number of the claim.',
        },
      ],
      requestBody: { required: true, content: { 'application/octet-stream': {} } },
      responses: {
        200: {
          description: 'What was kept.',
          content: { 'application/json': { schema: z.toJSONSchema(handInMade) as OpenAPI.SchemaObject } },
        },
      },
    },
    async answer(actor, request, { id = '', n = '' }) {
      const { epoch } = asked(
        request,
        z.strictObject({ epoch: z.coerce.number<string>('is missing: give the number of the claim').int() }),
      );
      if (!isId(id) || !isNumber(Number(n))) throw new CountersignError('not_found', 'There is no such chunk.');
      if (Number(request.headers.get('content-length')) > HAND_IN_BYTES_MAX)
        throw new CountersignError(
          'too_large',
          `The bundle is larger than ${HAND_IN_BYTES_MAX / 1024 ** 2} MiB. Hand in fewer items at once.`,
        );
      const body = request.body ? incoming(request.body) : Readable.from([]);
      return Response.json(await handIn(actor, { batchId: id, chunk: Number(n), epoch }, body));
    },
  },
  {
    method: 'GET',
    path: '/api/v1/batches/{id}/receipts',
    operation: {
      operationId: 'batches.receipts',
      summary: 'Download the receipts of a batch',
      description: 'Available at any moment, also half way and after a failure. Intents without an outcome are listed as such.',
      parameters: [ofBatch, inQuery('format', { type: 'string', enum: ['jsonl', 'csv', 'md'], default: 'jsonl' })],
      responses: file('application/jsonl', 'text/csv', 'text/markdown'),
    },
    async answer(actor, request, { id = '' }) {
      const { format } = asked(request, z.strictObject({ format: z.enum(['jsonl', 'csv', 'md']).default('jsonl') }));
      return download(await exportReceipts(actor, { batchId: id, format }), request, {
        actor,
        verb: 'download_receipts',
        about: `batch:${id}`,
        facts: { format },
      });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/tasks/export',
    operation: {
      operationId: 'tasks.export',
      summary: 'Download follow-up tasks',
      description: 'Those that the list of them gives for the same filters.',
      parameters: [
        inQuery('format', { type: 'string', enum: ['csv', 'jsonl'], default: 'csv' }),
        inQuery('state', { type: 'string', enum: ['open', 'over'] }),
        inQuery('who', { type: 'string' }, 'Who does them: `me`, `nobody`, or the id of a person.'),
        inQuery('batch', { type: 'string', format: 'uuid' }),
        inQuery('search', { type: 'string', maxLength: 200 }),
      ],
      responses: file('text/csv', 'application/jsonl'),
    },
    async answer(actor, request) {
      const of = asked(request, z.strictObject({ ...followUpsAsked, format: z.enum(['csv', 'jsonl']).default('csv') }));
      return download(await exportFollowUps(actor, of), request, { actor, verb: 'download', about: null });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/security-log/export',
    operation: {
      operationId: 'security.export',
      summary: 'Download the security log',
      description: 'The events that the list of them gives for the same filters, the newest first.',
      parameters: [
        inQuery('format', { type: 'string', enum: ['csv', 'jsonl'], default: 'csv' }),
        inQuery('kind', { type: 'string', enum: [...securityAsked.kind.unwrap().options] }),
        inQuery('person', { type: 'string', format: 'uuid' }),
        inQuery('from', { type: 'string', format: 'date' }),
        inQuery('to', { type: 'string', format: 'date' }),
        inQuery('search', { type: 'string', maxLength: 200 }),
      ],
      responses: file('text/csv', 'application/jsonl'),
    },
    async answer(actor, request) {
      const of = asked(request, z.strictObject({ ...securityAsked, format: z.enum(['csv', 'jsonl']).default('csv') }));
      return download(await exportSecurity(actor, of), request, { actor, verb: 'security', about: null });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/batches/{id}/trail.zip',
    operation: {
      operationId: 'batches.trail',
      summary: 'Download the trail of a batch',
      description:
        'Everything that was written about the batch until now, with what checks it: `START-HERE.html` in a browser, `node verify.mjs trail.zip` in a terminal. The name ends in -PARTIAL.zip while the batch is not over. Whoever may not see items is given digests in place of frozen requests, answers and values, words of people among them.',
      parameters: [ofBatch],
      responses: file('application/zip'),
    },
    async answer(actor, request, { id = '' }) {
      asked(request, z.strictObject({}));
      return download(await exportTrail(actor, { batchId: id }), request, {
        actor,
        verb: 'download_receipts',
        about: `batch:${id}`,
      });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/batches/{id}/scratchpad.zip',
    operation: {
      operationId: 'batches.scratchpad',
      summary: 'Download the scratchpads of a batch',
      description: 'For each chunk `chunk-01-summary.json` and `chunk-01-details.md`.',
      parameters: [ofBatch],
      responses: file('application/zip'),
    },
    async answer(actor, request, { id = '' }) {
      asked(request, z.strictObject({}));
      return download(await exportScratchpad(actor, { batchId: id }), request, { actor, verb: 'download', about: `batch:${id}` });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/batches/{id}/dataset',
    operation: {
      operationId: 'batches.dataset',
      summary: 'Download the items of a batch, or of one of its categories',
      description:
        'original, and the format of the upload by its name, are the original bytes. Items that are not classified yet are left out.',
      parameters: [
        ofBatch,
        inQuery('format', { type: 'string', enum: [...DOWNLOAD_FORMATS], default: 'original' }),
        inQuery('category', { type: 'string' }, 'Only the items of this category.'),
        inQuery(
          'shelf',
          { type: 'string' },
          'With a category: only the items that it put on this shelf and that are still there.',
        ),
      ],
      responses: file(...DOWNLOAD_TYPES),
    },
    async answer(actor, request, { id = '' }) {
      const format = z.enum(DOWNLOAD_FORMATS).default('original');
      const query = asked(
        request,
        z.strictObject({ format, category: z.string().min(1).optional(), shelf: z.string().min(1).optional() }),
      );
      return download(await downloadDataset(actor, { batchId: id, ...query }), request, {
        actor,
        verb: 'download',
        about: `batch:${id}`,
        facts: { format: query.format },
      });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/batches/{id}/events',
    operation: {
      operationId: 'batches.events',
      summary: 'Follow a batch live',
      description:
        'Server-sent events: `snapshot` first, then `progress` with what changed. With the Last-Event-ID of a lost connection the stream resumes from there.',
      parameters: [ofBatch, { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } }],
      responses: {
        200: {
          description: 'Events until the client disconnects.',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
      },
    },
    async answer(actor, request, { id = '' }) {
      asked(request, z.strictObject({}));
      return live(request, async (signal, onEnd) => {
        const events = await streamEvents(actor, {
          ...{ batchId: id, lastEventId: request.headers.get('last-event-id') },
          ...{ signal, onEnd },
        });
        if (!events) throw new CountersignError('not_found', 'There is no such batch.');
        return events;
      });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/board/events',
    operation: {
      operationId: 'board.events',
      summary: 'Follow the live board',
      description: 'Server-sent events: `board`, the whole of it, at once and whenever it changed, at most once a second.',
      parameters: [],
      responses: {
        200: {
          description: 'Events until the client disconnects.',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
      },
    },
    async answer(actor, request) {
      asked(request, z.strictObject({}));
      return live(request, (signal, onEnd) => streamBoard(actor, { signal, onEnd }));
    },
  },
  {
    method: 'GET',
    path: '/api/v1/events',
    operation: {
      operationId: 'events.follow',
      summary: 'Follow everything, as a page does',
      description:
        'Server-sent events: `changed` names what lists show anew (`topics`, of those that the reader may see) and the batches that it is about (null: any of them), at most once a second. It holds nothing of what changed. With `batch` or `board`, the events of these too. With `chunk`, others at that checkpoint are told who is there. With the Last-Event-ID of a lost connection the stream resumes from there.',
      parameters: [
        inQuery('batch', { type: 'string', format: 'uuid' }, 'The id of a batch to follow too.'),
        inQuery('chunk', { type: 'string' }, 'The checkpoint that is open: the id of its batch, a full stop, and its number.'),
        inQuery('board', { type: 'string', enum: ['true'] }, 'Follow the live board too.'),
        { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } },
      ],
      responses: {
        200: {
          description: 'Events until the client disconnects.',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
      },
    },
    async answer(actor, request) {
      const { batch, board, chunk } = asked(
        request,
        z.strictObject({ batch: z.uuid().optional(), board: z.literal('true').optional(), chunk: openChunk.optional() }),
      );
      return live(request, async (signal, onEnd) => {
        const events = await streamHouse(actor, {
          ...{ batchId: batch, board: board !== undefined, chunk, lastEventId: request.headers.get('last-event-id') },
          ...{ signal, onEnd },
        });
        if (!events) throw new CountersignError('not_found', 'There is no such batch.');
        return events;
      });
    },
  },
];

const openChunk = z.string().transform((text, context) => {
  const [batchId = '', digits = ''] = text.split('.');
  if (isId(batchId) && isNumber(Number(digits))) return { batchId, number: Number(digits) };
  context.issues.push({ code: 'custom', message: 'A chunk is the id of its batch, a full stop and its number.', input: text });
  return z.NEVER;
});

/** Events as they come, until the reader leaves, or may no longer: `follow` says that by `onEnd`. */
async function live(
  request: Request,
  follow: (signal: AbortSignal, onEnd: () => void) => Promise<AsyncIterable<HouseEvent>>,
): Promise<Response> {
  const [left, over] = [new AbortController(), new AbortController()];
  const events = await follow(AbortSignal.any([request.signal, left.signal]), () => over.abort());
  const headers = { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' };
  return new Response(streamOf(written(events), request, { onLeave: () => left.abort(), over: over.signal }), { headers });
}

async function* written(events: AsyncIterable<HouseEvent>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(`retry: ${SSE_RECONNECT_MS}\n\n`);
  for await (const event of events) {
    // JSON has no line ends of its own, so one data line is the whole.
    const text =
      'comment' in event
        ? `: ${event.comment}\n\n`
        : `id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
    yield encoder.encode(text);
  }
}

/** Has the body of the request uploaded, once where it has an Idempotency-Key, and gives the dataset. */
async function uploaded(
  actor: Actor,
  request: Request,
  name: string,
  upload: (input: UploadInput, signal: AbortSignal) => Promise<Uploaded>,
): Promise<Response> {
  const key = idempotencyKey(request);
  const { pathname: path, search } = new URL(request.url);
  const announced = request.headers.get('content-length');
  const act = async () => {
    const contentLength = announced !== null && /^\d{1,15}$/.test(announced) ? Number(announced) : null;
    const followed = follow('create_dataset', actor);
    const source = sentBy(incoming(request.body ?? new Blob([]).stream()), followed);
    const { id, same } = await upload({ name, source, contentLength }, request.signal).finally(followed.leave);
    const view = await readDatasetAlone(actor, { id });
    if (!view) throw new CountersignError('not_found', `The dataset of “${name}” was removed as soon as it had arrived.`);
    return Response.json(described(uploadedDataset, { ...datasetOf(view), same }, 'datasets.upload'), { status: 201 });
  };
  const answer = () => act().catch((error) => problemResponse(error, { method: 'POST', path }));
  if (key === null) return answer();
  return once(actor, { key, path, digest: requestDigest('POST', path, search, announced ?? '') }, answer);
}

/** The query of the address. Throws `invalid` for a key that the path does not know. */
function asked<Query extends z.ZodType>(request: Request, query: Query): z.output<Query> {
  const read = query.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const first = problems[0];
  throw new CountersignError('invalid', `The address can't be read${first?.path ? ` at ${first.path}` : ''}: ${first?.message}`, {
    problems,
  });
}

/** `about`: of what the file is, as the security log names it. */
type Taken = { actor: Actor; verb: Verb; about: string | null; facts?: Record<string, string> };

/** Gives a file for as long as its reader may have it, and tells the security log who took it. HEAD takes nothing. */
async function download({ fileName, contentType, body }: Download, request: Request, taken: Taken): Promise<Response> {
  if (request.method !== 'HEAD') await tellDownloaded(taken.actor, taken.about, { ...taken.facts, file: fileName });
  const headers = { 'Content-Type': contentType, 'Content-Disposition': disposition(fileName) };
  if (request.method === 'HEAD') return new Response(null, { headers });
  const { ended: over, leave } = follow(taken.verb, taken.actor);
  return new Response(streamOf(leavingAfter(body, leave), request, { onLeave: leave, over }), { headers });
}

async function* leavingAfter(body: AsyncIterable<Uint8Array>, leave: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    leave();
  }
}

/**
 * RFC 6266 and 8187: a plain name for old readers, the whole name for all others.
 * @internal for its tests
 */
export function disposition(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(fileName.toWellFormed()).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}

/**
 * Reads on only when the other side has taken what there was; a reader who leaves ends the source, and `onLeave` wakes one that waits. Once it is `over`
 * it ends. For a reader who has not taken all there was it breaks off, and the rest is not given any more: who is slow would go on being told.
 * @internal for its tests
 */
export function streamOf(
  source: AsyncIterable<Uint8Array>,
  request: Request,
  { onLeave = () => {}, over }: { onLeave?: () => void; over?: AbortSignal } = {},
): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let left = false;
  const end = async (): Promise<void> => {
    left = true;
    onLeave();
    await iterator.return?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        over?.addEventListener('abort', () => {
          if (left) return;
          if ((controller.desiredSize ?? 0) > 0) controller.close();
          else controller.error(new DOMException('The session is over, or its role may no longer follow this.', 'AbortError'));
          end().catch(() => {});
        });
      },
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (left) return;
          if (done) {
            left = true;
            controller.close();
          } else controller.enqueue(value);
        } catch (error) {
          // The status is out already: a connection that breaks off is how the reader learns that the file is not whole.
          if (left) return;
          if (!request.signal.aborted) log.error({ err: error, path: new URL(request.url).pathname }, 'a download broke off');
          controller.error(error);
        }
      },
      cancel: end,
    },
    { highWaterMark: 1 },
  );
}
