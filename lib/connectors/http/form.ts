/** How a plan's page edits a request, and how a connection that it goes over is edited. */
import type { ActionForm, ConnectionForm } from '#lib/connectors/form.ts';

export const httpForm: ActionForm = {
  choices: [{ words: 'Send a web request', do: 'POST', with: { url: '', body: {} } }],
  fields: [
    { kind: 'choice', at: 'do', label: 'Method', place: 'action', of: ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'], beside: true },
    {
      ...{ kind: 'line', at: 'with.url', label: 'Address', place: 'address' },
      ...{ template: true, placeholder: 'https://', exact: true },
    },
    {
      ...{
        kind: 'connection',
        at: 'connection',
        label: 'Connection',
        place: 'connection',
        absent: 'None: no credentials are sent',
      },
      hint: 'With one, the address is only what comes after the connection’s: tickets/{{id}}.',
    },
    // A GET has no body, and changes nothing that could be undone.
    {
      ...{ kind: 'pairs', at: 'with.body', label: 'Body', one: 'member', place: 'body' },
      ...{ template: true, rows: 3, absent: null, notFor: ['GET'] },
    },
    {
      ...{ kind: 'pairs', at: 'with.headers', label: 'Headers', one: 'header', place: 'headers' },
      ...{ template: true, rows: 1, absent: {} },
    },
    {
      ...{ kind: 'part', at: 'with.undo', label: 'It can be undone, by another request', place: 'what undoes it' },
      ...{ begins: { do: 'POST', url: '' }, notFor: ['GET'], hint: 'In it, {{target}} is the target’s own id of what was done.' },
    },
    {
      ...{ kind: 'choice', at: 'with.undo.do', label: 'Method of the undo', place: 'what undoes it', within: 'with.undo' },
      ...{ of: ['POST', 'PUT', 'PATCH', 'DELETE'], beside: true },
    },
    {
      ...{ kind: 'line', at: 'with.undo.url', label: 'Address of the undo', place: 'what undoes it', within: 'with.undo' },
      ...{ template: true, placeholder: 'https://', exact: true },
    },
    {
      ...{ kind: 'pairs', at: 'with.undo.body', label: 'Body of the undo', one: 'member', place: 'what undoes it' },
      ...{ template: true, rows: 1, absent: null, omitted: true, within: 'with.undo' },
    },
    {
      ...{ kind: 'pairs', at: 'with.undo.headers', label: 'Headers of the undo', one: 'header', place: 'what undoes it' },
      ...{ template: true, rows: 1, absent: {}, omitted: true, within: 'with.undo' },
    },
    {
      ...{ kind: 'part', at: 'with.success', label: 'Only some answers count as done', place: 'what counts as done' },
      ...{ begins: { json: { '/ok': true } }, hint: 'Otherwise every 2xx counts that is not a web page.' },
    },
    {
      ...{ kind: 'numbers', at: 'with.success.status', label: 'Status is one of (empty: any 2xx)' },
      ...{ place: 'what counts as done', within: 'with.success' },
    },
    {
      ...{ kind: 'line', at: 'with.success.contains', label: 'Answer contains (empty: anything)', place: 'what counts as done' },
      ...{ template: true, emptyIsNone: true, within: 'with.success' },
    },
    {
      ...{ kind: 'pairs', at: 'with.success.json', label: 'Places in the answer', one: 'place', place: 'what counts as done' },
      ...{ template: true, rows: 1, absent: null, omitted: true, within: 'with.success' },
    },
    {
      ...{ kind: 'choice', at: 'with.success.otherwise', label: 'Every other 2xx is', place: 'what counts as done' },
      ...{ of: ['uncertain', 'failed'], within: 'with.success' },
    },
    {
      kind: 'tick',
      at: 'honoursKeys',
      label: 'The target ignores a repeat with the same Idempotency-Key',
      place: 'keys',
      hint: 'Then an interrupted request is sent again with its key. Otherwise a person is asked what became of it.',
    },
  ],
};

export const httpConnection: ConnectionForm = {
  words: 'A web service (HTTP)',
  place: 'address',
  address: 'https://crm.example/api/',
  addressHint: 'Actions name what comes after it, and lead nowhere else.',
  mailbox: false,
  auth: ['bearer', 'none', 'basic', 'header', 'query', 'oauth2', 'signed'],
  promises: true,
  test: null,
  source: null,
};
