/** How a plan's page edits a change of a row. */
import type { ActionForm, ConnectionForm } from '#lib/connectors/form.ts';

export const sqlForm: ActionForm = {
  choices: [
    { words: 'Update a row in a database', do: 'update', with: { table: '', key: {}, set: {} } },
    { words: 'Insert a row into a database', do: 'insert', with: { table: '', set: {} } },
    { words: 'Delete a row from a database', do: 'delete', with: { table: '', key: {} } },
  ],
  fields: [
    { kind: 'connection', at: 'connection', label: 'Connection', place: 'connection', absent: 'Choose a connection' },
    {
      ...{ kind: 'offered', at: 'with.table', label: 'Table', place: 'table', offer: 'tables' },
      hint: 'With its schema. The tables are those that the last test of the connection found.',
    },
    {
      ...{ kind: 'pairs', at: 'with.key', label: 'Which row: columns of its key', one: 'column', place: 'key' },
      ...{ template: true, rows: 1, absent: {}, notFor: ['insert'] },
    },
    {
      ...{ kind: 'pairs', at: 'with.set', label: 'Columns and their values', one: 'column', place: 'values' },
      ...{ template: true, rows: 3, absent: {}, notFor: ['delete'] },
    },
    {
      ...{
        kind: 'pairs',
        at: 'with.only',
        label: 'Only while these columns are as they were read',
        one: 'column',
        place: 'guard',
      },
      ...{ template: true, rows: 1, absent: {}, omitted: true, notFor: ['insert'] },
    },
    {
      ...{ kind: 'tick', at: 'with.emptyIsNull', label: 'An empty value is NULL', place: 'values' },
      hint: 'Otherwise it is the empty text, which a date or a number is not.',
    },
    {
      ...{ kind: 'tick', at: 'with.cascade', label: 'Rows of other tables may go with it', place: 'cascade' },
      ...{ notFor: ['update', 'insert'], hint: 'Then the delete can’t be undone. Otherwise it is refused where they would.' },
    },
  ],
};

export const sqlConnection: ConnectionForm = {
  words: 'A database (PostgreSQL)',
  place: 'database',
  ...{ address: '', addressHint: '' },
  mailbox: false,
  auth: ['basic'],
  promises: false,
  test: 'Signs in and reads what is there: the version, the tables, and whether effects can be written down. It changes nothing.',
  source: null,
};
