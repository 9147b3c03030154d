/** How a plan's page edits a request. */
import type { ActionForm } from '#lib/connectors/form.ts';

export const httpForm: ActionForm = {
  choices: [{ words: 'Send a web request', do: 'POST', with: { url: '', body: {} } }],
  fields: [
    { kind: 'choice', at: 'do', label: 'Method', place: 'action', of: ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'], beside: true },
    {
      ...{ kind: 'line', at: 'with.url', label: 'Address', place: 'address' },
      ...{ template: true, placeholder: 'https://', exact: true },
    },
    // A GET has no body, and changes nothing that could be undone.
    {
      ...{ kind: 'json', at: 'with.body', label: 'Body, as JSON', place: 'body' },
      ...{ template: true, rows: 3, absent: null, notFor: ['GET'] },
    },
    {
      ...{ kind: 'json', at: 'with.undo', place: 'what undoes it' },
      label: 'What undoes it, as JSON: do, url, body, headers; {{target}} is the target’s own id (null: it can’t be undone)',
      ...{ template: true, rows: 1, absent: null, omitted: true, notFor: ['GET'] },
    },
    {
      ...{ kind: 'json', at: 'with.success', place: 'what counts as done' },
      label:
        'What counts as done, as JSON: status, contains, json (/ok: true), otherwise uncertain or failed (null: any 2xx that is not a web page)',
      ...{ template: true, rows: 1, absent: null, omitted: true },
    },
    {
      ...{ kind: 'json', at: 'with.headers', label: 'Headers, as JSON', place: 'headers' },
      ...{ template: true, rows: 1, absent: {} },
    },
    { kind: 'line', at: 'connection', label: 'Connection (empty: no credentials)', place: 'connection', emptyIsNone: true },
    {
      kind: 'tick',
      at: 'honoursKeys',
      label: 'The target ignores a repeat with the same Idempotency-Key',
      place: 'keys',
      hint: 'Then an interrupted request is sent again with its key. Otherwise a person is asked what became of it.',
    },
  ],
};
