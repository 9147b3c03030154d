/** What is wrong with an action on a table. */
import { readParameters, refusal, templateProblems } from '#lib/connectors/parameters.ts';
import type { Problem } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { parameters } from './parts.ts';
import { templatesIn } from './request.ts';

/** Throws `invalid` with every wrong place inside the action. */
export function checkChange(action: Action, fields: readonly string[] | null): void {
  const { connection, through, do: verb } = action;
  if (connection === null || !through)
    throw refusal([
      {
        path: 'connection',
        message:
          connection === null
            ? 'Choose a connection to a PostgreSQL.'
            : `There is no connection “${connection}” to a PostgreSQL.`,
      },
    ]);
  const given = readParameters(action, parameters);
  const problems: Problem[] = [];
  const none = (part: object): boolean => Object.keys(part).length === 0;
  if (verb !== 'insert' && none(given.key))
    problems.push({ path: 'with.key', message: 'Name at least one column that says which row it is.' });
  if (verb !== 'delete' && none(given.set))
    problems.push({ path: 'with.set', message: `Name at least one column to ${verb === 'insert' ? 'fill' : 'set'}.` });
  for (const [part, used] of [
    ['key', verb !== 'insert'],
    ['only', verb !== 'insert'],
    ['set', verb !== 'delete'],
  ] as const)
    if (!used && !none(given[part]))
      problems.push({ path: `with.${part}`, message: `“${verb}” has no use for this. Leave it out.` });
  if (given.cascade && verb !== 'delete')
    problems.push({ path: 'with.cascade', message: 'Only a delete takes other rows with it. Leave it out.' });
  for (const [path, template] of templatesIn(given, verb)) problems.push(...templateProblems(template, fields, path));
  if (verb !== 'insert' && problems.length === 0 && !Object.values(given.key).some((template) => template.includes('{{')))
    problems.push({ path: 'with.key', message: 'This key is the same for every item. Put a field in it, such as {{id}}.' });
  if (problems.length > 0) throw refusal(problems);
}
