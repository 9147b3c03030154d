import { expect, it } from 'vitest';
import { contract } from './contract.ts';
import { openApiDocument } from './openapi.ts';
import { routesOf } from './paths.ts';
import { API_STATUS } from './problem.ts';
import { streams } from './streams.ts';

type Node = Record<string, unknown>;
const document = (await openApiDocument()) as unknown as Node & {
  paths: Record<string, Record<string, Node>>;
  components: Record<string, Record<string, Node>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

it('tells of every path that is answered, and of no other', () => {
  const answered = [...routesOf(contract), ...streams].map(({ method, path }) => `${method} ${path}`);
  expect(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual([...new Set(answered)].sort());
});

it('gives every operation an id of its own, a summary, its path parameters and every problem', () => {
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  for (const { path, operation } of operations) {
    expect(operation.operationId, path).toMatch(/^[a-z]+(\.[a-z]+)+$/i);
    expect(operation.summary, path).toMatch(/\S/);
    const inPath = ((operation.parameters ?? []) as Node[])
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => `{${name}}`);
    expect(inPath.sort(), path).toEqual((path.match(/\{[^}]+\}/g) ?? []).sort());
    const statuses = Object.keys(operation.responses as Node).map(Number);
    expect(statuses, path).toEqual(expect.arrayContaining(Object.values(API_STATUS)));
    expect(
      statuses.some((status) => status < 300),
      path,
    ).toBe(true);
  }
});

it('refers to nothing that is not there, and leaves no schema that nothing can fit', () => {
  let references = 0;
  const walk = (node: unknown, where: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref') {
        references++;
        const found = String(value)
          .slice(2)
          .split('/')
          .reduce<unknown>((at, part) => (at as Node | undefined)?.[part], document);
        expect(found, `${where}: ${value}`).toBeTypeOf('object');
      }
      if (key === 'not') expect(value, where).not.toEqual({});
      walk(value, `${where}.${key}`);
    }
  };
  walk(document, '');
  expect(references).toBeGreaterThan(100);
});

it('is OpenAPI 3.1 with a bearer key, the plan and the problem', () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(document.components.securitySchemes?.key).toMatchObject({ type: 'http', scheme: 'bearer' });
  expect(document.components.schemas?.Plan).toMatchObject({
    required: ['classifier', 'categories', 'chunking'],
    additionalProperties: false,
  });
  expect(document.components.schemas?.Problem).toMatchObject({ properties: { code: { enum: Object.keys(API_STATUS) } } });
});
