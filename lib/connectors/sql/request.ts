/** Building a change from an action and an item. What an item holds is a parameter, and never a part of the statement; names are quoted. */
import { viaOf } from '#lib/connectors/http/via.ts';
import { itemRefusal, readParameters } from '#lib/connectors/parameters.ts';
import type { ActionItem, FrozenRequest } from '#lib/connectors/port.ts';
import { REQUEST_BYTES_MAX } from '#lib/core/limits.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { renderedLength, renderTemplate, templateFields } from '#lib/core/values/template.ts';
import type { Effect } from '#lib/shapes/actions.ts';
import { quoted, quotedTable, type TableName } from '#lib/store/targets/names.ts';
import { bytesOf, readRequest, type SqlChange, type SqlRequest } from './frozen.ts';
import { type Given, parameters, tableOf, tableText, type Value, type Verb } from './parts.ts';

type Values = Record<string, string | null>;

/** The canonical bytes of the change. Throws `invalid` naming the item. */
export function freezeRequest(action: Action, item: ActionItem): FrozenRequest {
  const given = readParameters(action, parameters);
  const { via } = viaOf(action);
  const table = tableOf(given.table);
  if (!via || !table) throw itemRefusal(item.ordinal, 'its action names no connection to a database.');
  const fill = filler(item, given.emptyIsNull);
  const isInsert = action.do === 'insert';
  const key = isInsert ? {} : keyOf(fill(given.key), item.ordinal);
  const set = action.do === 'delete' ? {} : fill(given.set);
  const only = isInsert ? {} : fill(given.only);
  const verb = action.do as Verb;
  const request: SqlChange = {
    ...{ do: verb, table, key, set, only, via, cascade: verb === 'delete' && given.cascade },
    ...statementOf(verb, table, { key, set, only }),
  };
  return bytesOf(request, item.ordinal);
}

/** In the order of the columns' names, so that the same change is the same text. */
function statementOf(
  verb: Verb,
  table: TableName,
  { key, set, only }: { key: Record<string, string>; set: Values; only: Values },
): Pick<SqlChange, 'statement' | 'parameters'> {
  const values: (string | null)[] = [];
  const place = (value: string | null): string => `$${values.push(value)}`;
  const named = (all: Values): [string, string | null][] => Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  const to = `${quotedTable(table)} AS t`;
  if (verb === 'insert') {
    const columns = named(set);
    const names = columns.map(([name]) => quoted(name)).join(', ');
    const statement = `INSERT INTO ${to} (${names}) VALUES (${columns.map(([, value]) => place(value)).join(', ')}) RETURNING t.*`;
    return { statement, parameters: values };
  }
  const sets = verb === 'update' ? named(set).map(([name, value]) => `${quoted(name)} = ${place(value)}`) : [];
  const where = [
    ...named(key).map(([name, value]) => `t.${quoted(name)} = ${place(value)}`),
    ...named(only).map(([name, value]) => `t.${quoted(name)} IS NOT DISTINCT FROM ${place(value)}`),
  ].join(' AND ');
  const does = verb === 'update' ? `UPDATE ${to} SET ${sets.join(', ')}` : `DELETE FROM ${to}`;
  return { statement: `${does} WHERE ${where} RETURNING t.*`, parameters: values };
}

function filler({ ordinal, fields }: ActionItem, emptyIsNull: boolean): (given: Record<string, Value>) => Values {
  // Lengths are added up before texts are made.
  let left = REQUEST_BYTES_MAX;
  const text = (column: string, template: string): string => {
    left -= renderedLength(template, fields);
    if (left < 0) throw itemRefusal(ordinal, `its values would have more than ${REQUEST_BYTES_MAX} bytes, the limit.`);
    const filled = renderTemplate(template, fields);
    if (!filled.includes('\0') && filled.isWellFormed()) return filled;
    throw itemRefusal(ordinal, `the value for “${column}” has a NUL or half a character in it, which PostgreSQL can’t hold.`, {
      fields: templateFields(template).filter((name) => /\0/.test(fields[name] ?? '') || !(fields[name] ?? '').isWellFormed()),
    });
  };
  return (given) =>
    Object.fromEntries(
      Object.entries(given).map(([column, value]) => {
        if (value === null) return [column, null];
        const filled = typeof value === 'string' ? text(column, value) : JSON.stringify(value);
        return [column, emptyIsNull && filled === '' ? null : filled];
      }),
    );
}

/** What says which row it is can't be empty: an empty text would be another row, or every one that has none. */
function keyOf(values: Values, ordinal: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => {
      if (value === null || value.trim() === '') throw itemRefusal(ordinal, `its value for the key column “${column}” is empty.`);
      return [column, value];
    }),
  );
}

/** The names that its templates look up. */
export function requestReads(action: Action): string[] {
  const given = readParameters(action, parameters);
  return [...new Set(templatesIn(given, action.do).flatMap(([, template]) => templateFields(template)))];
}

/** The templates of what the verb uses, with their places inside the action. */
export function templatesIn({ key, set, only }: Given, verb: string): [path: string, template: string][] {
  const parts = { key: verb === 'insert' ? {} : key, set: verb === 'delete' ? {} : set, only: verb === 'insert' ? {} : only };
  return Object.entries(parts).flatMap(([part, values]) =>
    Object.entries(values).flatMap(([column, value]): [string, string][] =>
      typeof value === 'string' ? [[`with.${part}.${column}`, value]] : [],
    ),
  );
}

/** What is changed: that row. What is inserted is a row of its own. */
export function requestResource(_action: Action, bytes: FrozenRequest): string | null {
  const request: SqlRequest = readRequest(bytes);
  if (request.do === 'put_back' || request.do === 'insert') return null;
  return `${tableText(request.table)} where ${wordsOf(request.key)}`;
}

/** "id = 42, region = eu" */
export function wordsOf(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${value ?? 'NULL'}`)
    .join(', ');
}

/** A row that is put back is the row that was there; what went with a deleted one is not. */
export function requestEffect(action: Action): Effect {
  if (action.through?.permanent) return 'permanent';
  return action.do === 'delete' && readParameters(action, parameters).cascade ? 'permanent' : 'undoable';
}
