import { expect, test } from 'vitest';
import { CONNECTORS } from '#lib/connectors/kinds.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { readPlanForms } from '#lib/steps/plans/plan-forms.ts';
import { choiceOf, choicesOf, formOf, shownFields, valueAt, withValue, withVerb } from './action-form.ts';

const forms = readPlanForms();
const action = (connector: string, verb: string, parameters: Action['with'] = {}): Action => ({
  ...{ connector, connection: null, do: verb, honoursKeys: false, with: parameters },
});

test('what can be done is said in this order and these words', () => {
  expect(choicesOf(forms).map(({ value, words }) => [value, words])).toEqual([
    ['shelf.archive', 'Archive: put away on a shelf here'],
    ['shelf.restore', 'Restore: take back from a shelf'],
    ['task.create', 'Create a follow-up task'],
    ['http', 'Send a web request'],
    ['sql.update', 'Update a row in a database'],
    ['sql.insert', 'Insert a row into a database'],
    ['sql.delete', 'Delete a row from a database'],
    ['agent.do', 'Give it to an agent as an errand'],
    ['none.label', 'Label: a receipt, no effect'],
  ]);
});

test('what can be done over a connection only is offered to whoever may use one', () => {
  const connections = [{ name: 'mail', connector: 'imap', address: 'imaps://mail.example:993', offers: { places: ['INBOX'] } }];
  const offered = choicesOf({ ...forms, connections }).filter(({ value }) => value.startsWith('imap.'));
  expect(offered.map(({ value }) => value)).toContain('imap.archive');
  const fieldsOf = (verb: string) => {
    const form = formOf(forms, action('imap', verb));
    return form ? shownFields(form, action('imap', verb)).map(({ at }) => at) : [];
  };
  expect([fieldsOf('move').includes('with.to'), fieldsOf('archive').includes('with.to')]).toEqual([true, false]);
});

test('every choice makes an action that is that choice, and that its connector knows', () => {
  for (const { value, make } of choicesOf(forms)) {
    const made = make([]);
    expect(choiceOf(forms, made)).toBe(value);
    expect(CONNECTORS.find(({ name }) => name === made.connector)?.verbs).toContain(made.do);
  }
  expect(choiceOf(forms, action('http', 'DELETE'))).toBe('http');
  expect(choiceOf(forms, action('task', 'withdraw'))).toBe('task.withdraw');
  expect(choiceOf(forms, action('fax', 'send'))).toBe('fax.send');
  expect(choiceOf(forms, null)).toBe('');
});

test('a choice begins with what suits the fields of the dataset', () => {
  const task = choicesOf(forms).find(({ value }) => value === 'task.create');
  expect(task?.make(['subject']).with).toEqual({ title: '{{subject}}', body: '' });
  expect(task?.make(['Subject']).with).toEqual({ title: '', body: '' });
});

test('a value is written where it is read, and one that is left out is gone', () => {
  const one = action('http', 'POST', { url: 'x' });
  expect(valueAt(withValue(one, 'with.body', [1]), 'with.body')).toEqual([1]);
  expect(withValue(one, 'with.url', undefined).with).toEqual({});
  expect(withValue(one, 'connection', 'crm')).toEqual({ ...one, connection: 'crm' });
});

test('what a verb has no place for is kept for the others', () => {
  const form = formOf(forms, action('http', 'POST'));
  if (!form) throw new Error('There is no form.');
  const post = action('http', 'POST', { url: 'x', body: { a: 1 }, undo: { do: 'POST', url: 'y' } });
  const get = withVerb(form, post, 'GET', {});
  expect(get.action).toEqual(action('http', 'GET', { url: 'x' }));
  const moved = withValue(get.action, 'with.url', 'z');
  expect(withVerb(form, moved, 'PUT', get.kept).action).toEqual(action('http', 'PUT', { ...post.with, url: 'z' }));
  // What was put in since, as JSON, counts.
  expect(withVerb(form, withValue(get.action, 'with.body', 'new'), 'PUT', get.kept).action.with.body).toBe('new');
  // A value left out on purpose does not come back from an earlier verb.
  const without = withVerb(form, withValue(post, 'with.undo', undefined), 'PUT', { undo: 'old' });
  expect(without.action.with).not.toHaveProperty('undo');
});
