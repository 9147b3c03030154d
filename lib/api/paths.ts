/** Which paths there are and what they take. */
import type { AnyContractRouter } from '@orpc/contract';
import { isContractProcedure } from '@orpc/contract';

export type Route<Target> = { method: string; path: string; target: Target };
export type Match<Target> = { target: Target; params: Record<string, string> } | { allowed: string[] } | null;

/** The method and path of every procedure of a contract. */
export function routesOf(router: AnyContractRouter): { method: string; path: string }[] {
  if (!isContractProcedure(router)) return Object.values(router).flatMap((part) => routesOf(part as AnyContractRouter));
  const { method = 'POST', path } = router['~orpc'].route;
  if (!path) throw new Error('A procedure of the contract has no path.');
  return [{ method, path }];
}

/**
 * A function that finds the route of a request: its target with the path's parameters, or the methods that the path takes when it is not
 * this one, or null when there is no such path. HEAD is taken where GET is.
 */
export function matcher<Target>(routes: readonly Route<Target>[]): (method: string, path: string) => Match<Target> {
  const known = routes.map((route) => ({ ...route, parts: route.path.split('/') }));
  return (method, path) => {
    const parts = path.split('/');
    const fitting = known.flatMap((route) => {
      const params = paramsOf(route.parts, parts);
      return params ? [{ route, params }] : [];
    });
    // What is fixed goes before what is a parameter: /batches/preview is not a batch.
    const fewest = Math.min(...fitting.map(({ params }) => Object.keys(params).length));
    const hits = fitting.filter(({ params }) => Object.keys(params).length === fewest);
    const hit = hits.find(({ route }) => route.method === (method === 'HEAD' ? 'GET' : method));
    if (hit) return { target: hit.route.target, params: hit.params };
    if (hits.length === 0) return null;
    return {
      allowed: [...new Set(hits.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])))].sort(),
    };
  };
}

function paramsOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (!expected.startsWith('{')) {
      if (expected !== part) return null;
    } else if (part === '') return null;
    else params[expected.slice(1, -1)] = part;
  }
  return params;
}
