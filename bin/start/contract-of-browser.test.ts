import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contract } from '#lib/api/contract.ts';
import contractOfBrowser from './contract-of-browser.ts';

test('the browser gets the way to each call, and no shape', async () => {
  const module = await contractOfBrowser.call({
    resourcePath: join(import.meta.dirname, '..', '..', 'lib', 'api', 'contract.ts'),
  });
  const { contract: small } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
  expect(module).not.toContain('Schema');
  expect(module.length).toBeLessThan(30_000);
  const way = ({ '~orpc': { route } }: { '~orpc': { route: { method?: string; path?: string; inputStructure?: string } } }) => [
    route.method,
    route.path,
    route.inputStructure,
  ];
  const ways = (router: object): unknown[] =>
    '~orpc' in router ? way(router as never) : Object.entries(router).map(([key, one]) => [key, ways(one)]);
  expect(ways(small)).toEqual(ways(contract));
});
