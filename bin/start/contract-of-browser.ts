/**
 * What the browser gets of the API's contract when Next builds: the method and the path of each call. The client asks by these alone, and to make the
 * shapes anew at every page took half of the time that a page's own scripts take.
 */
import { pathToFileURL } from 'node:url';
import { minifyContractRouter } from '@orpc/contract';

/** A loader of Turbopack (next.config.js). `resourcePath` is the module that exports the contract. Gives a module that exports what is left of it. */
export default async function contractOfBrowser(this: { resourcePath: string }): Promise<string> {
  const { contract } = await import(pathToFileURL(this.resourcePath).href);
  return `export const contract = ${JSON.stringify(minifyContractRouter(contract), withoutProse)};`;
}

/** What is said of a call for people is in the OpenAPI document. */
function withoutProse(key: string, value: unknown): unknown {
  return (key === 'summary' || key === 'description') && typeof value === 'string' ? undefined : value;
}
