/** A frozen change as people are shown it: the statement as it is carried out, with its values. */
import { secretWords } from '#lib/connectors/http/via.ts';
import type { Described, RequestOf } from '#lib/connectors/port.ts';
import { targetHost, targetName } from '#lib/core/connections/target.ts';
import { readRequest, type SqlRequest } from './frozen.ts';
import { tableText } from './parts.ts';
import { wordsOf } from './request.ts';

export function describeRequest({ request: bytes }: RequestOf): Described {
  const request = readRequest(bytes);
  const table = tableText(request.table);
  const to = `${request.via.connection} (${targetHost(targetName(request.via.address, null))}), with the ${secretWords(request.via)}`;
  if (request.do === 'put_back')
    return {
      ...{ form: 'statement', does: `Puts the row back in ${table} that was there before, if it is still as it was left`, to },
      statement: `the row before it, as public.countersign_effects keeps it under the key ${request.undoes}${request.before === null ? '' : `, with the SHA-256 ${request.before}`}`,
      parameters: [],
    };
  return {
    ...{ form: 'statement', does: doesWords(request, table), to },
    ...{ statement: request.statement, parameters: request.parameters },
  };
}

function doesWords(request: Exclude<SqlRequest, { do: 'put_back' }>, table: string): string {
  if (request.do === 'insert') return `Adds one row to ${table}`;
  const which = `exactly one row of ${table}, where ${wordsOf(request.key)}`;
  const only = Object.keys(request.only).length > 0 ? `, only while ${wordsOf(request.only)}` : '';
  const others = request.cascade ? ', and what other tables say must go with it' : '';
  return `${request.do === 'update' ? 'Changes' : 'Deletes'} ${which}${only}${others}`;
}
