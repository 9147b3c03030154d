/** What each write's step authorises, by its path (a POST's), or its method and path: looked at before its body is read and before its Idempotency-Key is looked up. */
import type { Verb } from '#lib/auth/authorise.ts';

const WRITES: Record<string, Verb> = {
  '/datasets': 'create_dataset',
  '/datasets/{id}/fixed-rows': 'upload',
  '/datasets/{id}/reading/preview': 'read_anew',
  '/datasets/{id}/teach': 'plan',
  'PUT /datasets/{id}/reading': 'read_anew',
  'PATCH /datasets/{id}': 'keep_datasets',
  'DELETE /datasets/{id}': 'keep_datasets',
  '/batches/preview': 'create',
  '/batches/preview/rows': 'plan',
  '/batches/model-try': 'plan',
  '/batches/model-proposal': 'plan',
  '/batches/model-try/preview': 'plan',
  '/batches': 'create',
  'PUT /batches/{id}': 'plan',
  '/plans': 'plan',
  'PUT /plans/{id}': 'plan',
  'DELETE /plans/{id}': 'plan',
  '/batches/{id}/review-again': 'plan',
  '/connections': 'connections',
  '/connections/{id}/test': 'connections',
  '/connections/{id}/prepare': 'connections',
  '/connections/{id}/dataset': 'upload',
  'PUT /connections/{id}': 'connections',
  'DELETE /connections/{id}': 'connections',
  '/batches/{id}/start': 'start',
  '/batches/{id}/decision': 'decide',
  '/batches/{id}/decision/preview': 'see',
  '/batches/{id}/plan': 'revise',
  '/batches/{id}/plan/preview': 'revise',
  '/batches/{id}/chunks/{n}/like': 'correct',
  '/batches/{id}/undo': 'undo',
  '/batches/{id}/push': 'push',
  '/batches/{id}/uncertain': 'answer',
  '/batches/{id}/columns': 'see',
  '/batches/{id}/chunks/{n}/corrections': 'correct',
  '/batches/{id}/chunks/{n}/reviews': 'mark',
  '/batches/{id}/chunks/{n}/claim': 'mark',
  '/batches/{id}/assign': 'mark',
  '/batches/{id}/chunks/{n}/decision': 'decide',
  '/batches/{id}/chunks/{n}/refuse-rest': 'refuse_rest',
  '/batches/{id}/chunks/{n}/items/{ordinal}/request/look': 'decide',
  '/batches/{id}/work/claim': 'work',
  '/batches/{id}/chunks/{n}/work/report': 'work',
  '/batches/{id}/chunks/{n}/work/extend': 'work',
  '/batches/{id}/chunks/{n}/work/complete': 'work',
  '/batches/{id}/chunks/{n}/work/release': 'work',
  '/batches/{id}/chunks/{n}/work/append': 'work',
  ...steered('pause', 'pause'),
  ...steered('resume', 'resume'),
  ...steered('cancel', 'cancel'),
  ...steered('accept-rest', 'accept_rest'),
  ...steered('retry', 'retry'),
  '/incidents/{id}/resume': 'resume',
  '/incidents/{id}/acknowledge': 'fleet',
  '/targets/pause': 'fleet',
  '/workers/{id}/drain': 'fleet',
  '/workers/{id}/stop': 'fleet',
  '/tasks/{id}/done': 'finish',
  '/tasks/{id}/assign': 'finish',
  '/keys': 'keys',
  'DELETE /keys/{id}': 'keys',
  '/notices/read': 'see_batches',
  'PUT /notices/choices': 'see_batches',
  '/people/{id}/disable': 'people',
  '/people/{id}/enable': 'people',
  '/people/{id}/confirm': 'people',
  '/people/{id}/sign-out': 'people',
  '/people/{id}/reset-link': 'people',
  '/people/{id}/reset-factors': 'people',
  '/people/{id}/remove': 'erase',
  '/erasures': 'erase',
  '/erasures/{id}/choose': 'erase',
  '/erasures/{id}/confirm': 'erase',
  '/erasures/{id}/withdraw': 'erase',
};

function steered(name: string, verb: Verb): Record<string, Verb> {
  return { [`/batches/{id}/${name}`]: verb, [`/batches/{id}/chunks/{n}/${name}`]: verb };
}

/** The verb of a write; null of a read. Throws for a write that has none. */
export function verbOf({ method, path }: { method: string; path: string }): Verb | null {
  if (method === 'GET') return null;
  const short = path.replace('/api/v1', '');
  const verb = WRITES[method === 'POST' ? short : `${method} ${short}`];
  if (!verb) throw new Error(`No verb is declared for ${method} ${path}.`);
  return verb;
}
