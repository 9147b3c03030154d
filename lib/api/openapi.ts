/** The description of the API: OpenAPI 3.1, made from the contract and the streams. */

import type { OpenAPI } from '@orpc/contract';
import { OpenAPIGenerator } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { globalRegistry } from 'zod';
import { batch } from '#lib/shapes/batches.ts';
import { chunk } from '#lib/shapes/chunks.ts';
import { dataset } from '#lib/shapes/datasets.ts';
import { givenPlan, resolvedPlan } from '#lib/shapes/plans.ts';
import { receiptBody } from '#lib/shapes/receipts.ts';
import { countsByCategory, facts, fieldValues } from '#lib/shapes/values.ts';
import { planSchema } from '#lib/steps/plans/parse-plan.ts';
import { contract } from './contract.ts';
import { API_STATUS, type ApiCode, TITLES } from './problem.ts';
import { streams } from './streams.ts';

/** The document, made at the first call. */
export function openApiDocument(): Promise<OpenAPI.Document> {
  made ??= generate();
  return made;
}

let made: Promise<OpenAPI.Document> | undefined;

async function generate(): Promise<OpenAPI.Document> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter({ interceptors: [describeGiven] })] });
  const document = await generator.generate(contract, {
    info: {
      title: 'Countersign',
      version: '1',
      description:
        'Lists are `{items, next}`: give `next` as `cursor` for the next page. Errors are problem documents with a `code`. Writes take an `Idempotency-Key`.',
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key. A signed-in browser needs none.' } },
      schemas: { Problem: PROBLEM },
      responses: Object.fromEntries(STATUSES.map((status) => [`Problem${status}`, problemOf(status)])),
    },
    commonSchemas: {
      Plan: { schema: planSchema, strategy: 'input' },
      Dataset: { schema: dataset, strategy: 'output' },
      Batch: { schema: batch, strategy: 'output' },
      Chunk: { schema: chunk, strategy: 'output' },
    },
  });
  const paths = document.paths ?? {};
  for (const { path, method, operation, format } of streams) {
    const verb = method.toLowerCase() as 'get' | 'post';
    const own = format === undefined ? operation : withFile(paths[path]?.[verb] ?? {}, operation);
    paths[path] = { ...paths[path], [verb]: own };
  }
  document.paths = Object.fromEntries(
    Object.entries(paths)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, operations]) => [path, withProblems(operations ?? {})]),
  );
  return document;
}

/** Schemas that only check what a step reads later are described by what that step takes. A described copy of one has the same definition. */
const DESCRIBED = new Map<unknown, Record<string, unknown>>([
  [definitionOf(givenPlan), { $ref: '#/components/schemas/Plan' }],
  [definitionOf(fieldValues), { type: 'object', additionalProperties: { type: 'string' } }],
  [definitionOf(countsByCategory), { type: 'object', additionalProperties: { type: 'integer' } }],
  [definitionOf(facts), { type: 'object' }],
  [definitionOf(receiptBody), { type: 'object' }],
  [definitionOf(resolvedPlan), { type: 'object' }],
]);

function definitionOf(schema: { _zod: { def: unknown } }): unknown {
  return schema._zod.def;
}

type Intercept = NonNullable<NonNullable<ConstructorParameters<typeof ZodToJsonSchemaConverter>[0]>['interceptors']>[number];

const describeGiven: Intercept = ({ schema, isHandledCustomJSONSchema, next }) => {
  const described = DESCRIBED.get(definitionOf(schema));
  // The converter comes back to a schema with words of its own, to join them with what it is.
  if (!described || (!isHandledCustomJSONSchema && globalRegistry.has(schema))) return next();
  return [true, described];
};

const CODES = Object.keys(API_STATUS) as ApiCode[];
const STATUSES = [...new Set(Object.values(API_STATUS))].sort((a, b) => a - b);

const PROBLEM: OpenAPI.SchemaObject = {
  type: 'object',
  description: 'RFC 9457. A refusal may carry further facts, such as `changes` of a stale decision.',
  required: ['type', 'title', 'status', 'detail', 'code', 'problems'],
  properties: {
    type: { type: 'string', description: 'urn:countersign:problem: and the code' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong, where, and what to do.' },
    code: { type: 'string', enum: CODES, description: CODES.map((code) => `${code}: ${TITLES[code]}.`).join(' ') },
    problems: {
      type: 'array',
      description: 'Every place where the input is wrong.',
      items: {
        type: 'object',
        required: ['message'],
        properties: {
          path: { type: 'string' },
          message: { type: 'string' },
          line: { type: 'integer' },
          column: { type: 'integer' },
        },
      },
    },
  },
};

function problemOf(status: number): OpenAPI.ResponseObject {
  const codes = CODES.filter((code) => API_STATUS[code] === status);
  return {
    description: codes.map((code) => `\`${code}\`: ${TITLES[code]}.`).join(' '),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

/** What a path gives as JSON, and as a file where it is asked for one. */
function withFile(json: OpenAPI.OperationObject, file: OpenAPI.OperationObject): OpenAPI.OperationObject {
  const [told, asFile] = [json, file].map(({ responses }) => responses?.['200'] as OpenAPI.ResponseObject | undefined);
  const known = new Set((json.parameters ?? []).map((one) => ('name' in one ? one.name : '')));
  const more = (file.parameters ?? []).filter((one) => !('name' in one && known.has(one.name)));
  return {
    ...json,
    ...(file.description ? { description: file.description } : {}),
    parameters: [...(json.parameters ?? []), ...more],
    responses: {
      ...json.responses,
      200: { description: told?.description ?? '', ...told, content: { ...told?.content, ...asFile?.content } },
    },
  };
}

function withProblems(operations: OpenAPI.PathItemObject): OpenAPI.PathItemObject {
  const problems = Object.fromEntries(STATUSES.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]));
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => {
      const { responses, ...rest } = operation as OpenAPI.OperationObject;
      return [method, { ...rest, responses: { ...responses, ...problems } }];
    }),
  );
}
