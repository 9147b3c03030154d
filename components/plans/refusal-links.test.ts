import { expect, it } from 'vitest';
import { refusalLinks, stoppedFor } from './refusal-links.ts';

const of = { datasetId: 'd', made: 'b' };

it('leads from a refusal to what blocks: the batch that claims, the rows, the reading; and to what was saved', () => {
  expect(refusalLinks({ code: 'conflict', facts: { batchId: 'x' } }, of).map(({ href }) => href)).toEqual([
    '/batches/x',
    '/batches/b',
  ]);
  expect(refusalLinks({ code: 'conflict', facts: { unreadable: 3, rows: 9 } }, of)[0]?.href).toBe('/datasets/d?tab=unreadable');
  expect(refusalLinks({ code: 'conflict', facts: { questions: [{}] } }, { ...of, made: null }).map(({ href }) => href)).toEqual([
    '/datasets/d/reading',
  ]);
  expect(refusalLinks({ code: 'stale' }, of).map(({ href }) => href)).toEqual(['/batches/b?tab=plan']);
  expect(refusalLinks({ code: 'invalid', facts: { batchId: 7 } }, { ...of, made: null })).toEqual([]);
});

it('knows the stopped targets that a plan goes to, whatever way their port is written, and no other', () => {
  const targets = ['https://crm.example:443', 'http://127.0.0.1:9', 'https://other.example'].map((target) => ({
    target,
    message: '',
  }));
  const at = (url: unknown) => stoppedFor([{ action: { with: { url } } }, { action: null }], targets).map(({ target }) => target);
  expect(at('https://CRM.example/mails/{{id}}')).toEqual(['https://crm.example:443']);
  expect(at('http://127.0.0.1:9')).toEqual(['http://127.0.0.1:9']);
  expect(at('https://{{host}}/x')).toEqual([]);
  expect(at('https://crm.example{{suffix}}/x')).toEqual([]);
  expect(at({ url: 1 })).toEqual([]);
});
