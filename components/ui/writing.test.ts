import { MutationObserver, onlineManager, QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import type { Outcome } from './outcome.ts';
import { makeQueryClient } from './query-client.ts';
import { onSignedOut } from './signed-out.ts';
import { Refused, writing } from './writing.ts';

/** An act that is answered when the test says so. */
function act() {
  const sent: unknown[] = [];
  const answers: ((outcome: Outcome<string>) => void)[] = [];
  const send = (input: unknown) =>
    new Promise<Outcome<string>>((resolve) => {
      sent.push(input);
      answers.push(resolve);
    });
  return { sent, answers, send };
}

const REFUSED: Outcome<string> = { ok: false, code: 'conflict', message: 'Bo was faster.' };

it('sends once what is pressed twice, and both presses get the one answer', async () => {
  const { sent, answers, send } = act();
  const press = new MutationObserver(new QueryClient(), writing(['tasks', '7', 'finish'], send));
  const [first, second] = [press.mutate('x'), press.mutate('x')];
  await expect.poll(() => sent).toEqual(['x']);
  answers[0]?.({ ok: true, value: 'done' });
  expect(await Promise.all([first, second])).toEqual(['done', 'done']);
  expect(sent).toEqual(['x']);
});

it('sends it again once it was answered, and beside it what is something else', async () => {
  const { sent, answers, send } = act();
  const client = new QueryClient();
  const role = new MutationObserver(client, writing(['people', 'role'], send));
  const both = [role.mutate({ id: 'ada' }), role.mutate({ id: 'bo' })];
  await expect.poll(() => sent).toEqual([{ id: 'ada' }, { id: 'bo' }]);
  for (const answer of answers) answer({ ok: true, value: '' });
  await Promise.all(both);
  const again = role.mutate({ id: 'ada' });
  await expect.poll(() => sent).toHaveLength(3);
  answers[2]?.({ ok: true, value: '' });
  await again;
});

it('holds the refusal in its own words, and a refused write can be tried again', async () => {
  const { sent, answers, send } = act();
  const press = new MutationObserver(new QueryClient(), writing(['tasks', '8', 'finish'], send));
  const refused = press.mutate('x');
  await expect.poll(() => sent).toHaveLength(1);
  answers[0]?.(REFUSED);
  await expect(refused).rejects.toBeInstanceOf(Refused);
  expect(press.getCurrentResult()).toMatchObject({ error: { message: 'Bo was faster.', refusal: { code: 'conflict' } } });
  const again = press.mutate('x');
  await expect.poll(() => sent).toHaveLength(2);
  expect(press.getCurrentResult()).toMatchObject({ isPending: true, error: null });
  answers[1]?.({ ok: true, value: 'done' });
  expect(await again).toBe('done');
});

it('claims nothing about what happened when there was no answer', async () => {
  const lost = writing(['tasks', '9', 'finish'], () => Promise.reject(new TypeError('fetch failed')));
  await expect(new MutationObserver(new QueryClient(), lost).mutate()).rejects.toThrow(/It is not known whether this was done/);
});

it('tells the shell that the session has ended', async () => {
  let told = 0;
  const globals = globalThis as { window?: EventTarget };
  globals.window = new EventTarget();
  const stop = onSignedOut(() => {
    told += 1;
  });
  const client = makeQueryClient();
  const ended = writing(['tasks', '10', 'finish'], async () => ({ ok: false, code: 'unauthenticated', message: '' }) as const);
  await expect(new MutationObserver(client, ended).mutate()).rejects.toBeInstanceOf(Refused);
  expect(told).toBe(1);
  stop();
  delete globals.window;
});

it('does not wait for a better time to be sent', async () => {
  const { sent, answers, send } = act();
  onlineManager.setOnline(false);
  const press = new MutationObserver(makeQueryClient(), writing(['tasks', '11', 'finish'], send)).mutate('x');
  await expect.poll(() => sent).toEqual(['x']);
  onlineManager.setOnline(true);
  answers[0]?.({ ok: true, value: 'done' });
  await press;
});
