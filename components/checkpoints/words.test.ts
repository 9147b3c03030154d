import { describe, expect, test } from 'vitest';
import type { ActionWords } from '#lib/shapes/actions.ts';
import { actingCategories, actionPhrase, executeWords, leaveWords, refuseWords, releaseWords, restWords } from './words.ts';

const archive: ActionWords = {
  connector: 'shelf',
  connection: null,
  do: 'archive',
  verb: 'Archive',
  past: 'Archived',
  will: 'move to the archive shelf',
  target: 'the archive shelf',
  effect: 'undoable',
};
const task: ActionWords = { ...archive, connector: 'task', do: 'create', verb: 'Create a task', target: 'the tasks page' };
const remove: ActionWords = {
  ...archive,
  connector: 'http',
  connection: 'CRM-prod',
  do: 'DELETE',
  verb: 'Delete',
  target: 'CRM-prod',
  effect: 'permanent',
};

const one = (action: ActionWords, count: number) => [{ name: 'x', count, action }];

describe('what executing would do, in words', () => {
  test('names verb, count and target, and that three run first', () => {
    expect(executeWords(one(archive, 1902), 'mails', 3)).toEqual({
      button: 'Archive first 3 of 1,902…',
      title: 'Archive 1,902 mails?',
      text: 'Where: the archive shelf. Three run first, then we stop and show you.',
      confirm: 'Archive first 3',
      typed: null,
    });
  });

  test('where two people sign, it says which signature this is, and that the first runs nothing', () => {
    expect(executeWords(one(archive, 1902), 'mails', 0, 'first')).toMatchObject({
      button: 'Sign as the first: Archive 1,902…',
      text: 'Nothing runs before a second person has signed too. Where: the archive shelf. All 1,902 run at once.',
      confirm: 'Sign as the first',
    });
    expect(executeWords(one(archive, 1902), 'mails', 0, 'second')).toMatchObject({
      button: 'Sign as the second: Archive 1,902…',
      confirm: 'Archive 1,902',
    });
    expect(executeWords(one(remove, 12), 'mails', 0, 'first').typed).toBe('12');
  });

  test('a permanent action asks for its count', () => {
    const words = executeWords(one(remove, 4212), 'records', 0);
    expect(words).toMatchObject({ button: 'Delete 4,212…', confirm: 'Delete 4,212 for good', typed: '4212' });
    expect(words.text).toContain('This cannot be undone.');
  });

  test('no more run first than there are, and then nothing is left to release', () => {
    expect(executeWords(one(archive, 2), 'mails', 3)).toMatchObject({
      button: 'Archive 2…',
      confirm: 'Archive 2',
      text: 'Where: the archive shelf. All 2 run at once.',
    });
    expect(executeWords(one(archive, 1), 'mails', 3).text).toBe('Where: the archive shelf. It runs at once.');
  });

  test('several categories: the largest names the button, and first counts once per target', () => {
    const acting = actingCategories([
      { name: 'task', count: 40, action: task },
      { name: 'noise', count: 1902, action: archive },
      { name: 'old', count: 10, action: archive },
      { name: 'keep', count: 408, action: null },
      { name: 'empty', count: 0, action: archive },
    ]);
    expect(acting.map(({ name }) => name)).toEqual(['noise', 'task', 'old']);
    expect(executeWords(acting, 'mails', 3)).toMatchObject({
      button: 'Archive 1,902, act on 50 more…',
      title: 'Act on 1,952 mails?',
      text: 'Six run first, then we stop and show you.',
      confirm: 'Run the first 6',
    });
  });

  test('two categories are both named, with what happens to how many', () => {
    const two = [...one(archive, 152), ...one(task, 2)];
    expect(executeWords(two, 'mails', 3)).toMatchObject({
      button: 'Archive 152, create a task for 2…',
      title: 'Archive 152 mails, create a task for 2?',
      text: 'Five run first, then we stop and show you.',
      confirm: 'Run the first 5',
    });
    expect(executeWords(two, 'mails', 0)).toMatchObject({ text: 'All 154 run at once.', confirm: 'Run all 154' });
    const post: ActionWords = { ...remove, do: 'POST', verb: 'POST', effect: 'permanent' };
    expect(executeWords([...one(archive, 1), ...one(post, 1)], 'rows', 0)).toMatchObject({
      button: 'Archive 1, POST for 1…',
      title: 'Archive 1 row, POST for 1?',
      confirm: 'Run all 2 for good',
      typed: '2',
    });
  });

  test('nothing to send says so', () => {
    expect(executeWords([], 'mails', 3).button).toBe('Approve: nothing to send');
  });

  test('a phrase and an HTTP method do not swallow the noun', () => {
    expect(actionPhrase(task, 1, 'mails')).toBe('Create a task for 1 mail');
    const both = { ...task, verb: 'Create a task for …, then archive' };
    expect(actionPhrase(both, 12, 'mails')).toBe('Create a task for 12 mails, then archive');
    const acting = [{ name: 'task', count: 40, action: both }];
    expect(executeWords(acting, 'mails', 3)).toMatchObject({
      button: 'Create a task for first 3 of 40, then archive…',
      title: 'Create a task for 40 mails, then archive?',
      confirm: 'Create a task for first 3, then archive',
    });
    expect(actionPhrase({ verb: 'POST' }, 12, 'rows')).toBe('POST for 12 rows');
  });

  test('releasing names what is left', () => {
    const counts = { approved: 1902, done: 2, skipped: 0, failed: 1, uncertain: 0, notExecuted: 0, inFlight: 0 };
    expect(releaseWords(one(archive, 1902), counts)).toBe('Archive the other 1,899');
    expect(releaseWords([...one(archive, 10), ...one(task, 5)], { ...counts, approved: 15, done: 5 })).toBe('Run the other 9');
  });
});

describe('a No to the first few', () => {
  const counts = { approved: 1902, done: 3, skipped: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0 };
  const acting = (action: ActionWords) => [{ name: 'a', count: 1902, action }];

  test('stops, and undoes these', () => {
    expect(refuseWords(acting(archive), counts, true)).toEqual({
      button: 'No: stop, undo these 3…',
      title: 'Leave the other 1,899 unsent, and undo these 3?',
      text: 'Nothing more of this approval is sent, now or later. Its other chunks that wait end too. The undo of these 3 becomes a batch of its own, which you review and approve. The rest can be reviewed again, with the same rules or with others.',
      confirm: 'Stop, and undo these 3',
    });
  });

  test('promises no undo that this person, or nobody, can make', () => {
    expect(refuseWords(acting(archive), counts, false)).toMatchObject({
      ...{ button: 'No: stop…', title: 'Leave the other 1,899 unsent?', confirm: 'Leave the other 1,899 unsent' },
      text: expect.stringContaining('An operator or an admin can undo'),
    });
    expect(refuseWords(acting({ ...archive, effect: 'permanent' }), counts, true)).toMatchObject({
      ...{ button: 'No: stop…', text: expect.stringContaining('The 3 that were done can’t be undone.') },
    });
  });
});

describe('leaving the rest of a halted chunk', () => {
  const none = { approved: 0, done: 0, skipped: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0 };

  test('says in numbers what it means', () => {
    expect(leaveWords({ ...none, approved: 1902, done: 1204, failed: 42 })).toEqual({
      title: 'Leave 656 unsent?',
      text: '1,204 were done. 42 failed. 656 were never sent and will not be. Nothing is undone.',
      confirm: 'Leave 656 unsent',
    });
  });

  test('and names what is still open', () => {
    expect(leaveWords({ ...none, approved: 6, done: 1, uncertain: 2, inFlight: 1, notExecuted: 1 }).text).toBe(
      '1 was done. 2 are uncertain, and can still be answered. 1 request may still be in flight. A worker settles it first. 1 was never sent and will not be. Nothing is undone.',
    );
    expect(leaveWords({ ...none, approved: 2, failed: 2 })).toMatchObject({
      title: 'Leave the chunk as it is?',
      confirm: 'Leave it as it is',
    });
  });
});

describe('what a No left', () => {
  const counts = { free: 1899, done: 3, uncertain: 0, taken: 0 };
  const rest = { counts, batches: [] };

  test('is reviewed again, and what was done stays out of that', () => {
    expect(restWords(rest, 'mails', true)).toEqual({
      button: 'Review the other 1,899 mails again',
      text: 'Nothing more of this is sent. To review the other 1,899 mails again, a batch is planned with the same rules. It starts when you start it. 3 mails were done, and stay out until undone.',
    });
    expect(restWords({ ...rest, counts: { ...counts, done: 0, uncertain: 1 } }, 'mails', true).text).toContain(
      '1 mail was sent and nobody knows whether it happened, and stays out until somebody says so.',
    );
    expect(restWords({ ...rest, counts: { ...counts, free: 1, done: 0 } }, 'mails', true).button).toBe(
      'Review this 1 mail again',
    );
    expect(restWords({ ...rest, counts: null }, 'mails', true).button).toBe('Review the rest again');
  });

  test('is no button for whoever may not plan, nor where nothing is left', () => {
    expect(restWords(rest, 'mails', false)).toMatchObject({
      button: null,
      text: expect.stringContaining('An operator or an admin'),
    });
    const none = { free: 0, done: 0, uncertain: 0, taken: 0 };
    expect(restWords({ ...rest, counts: none }, 'mails', true)).toMatchObject({
      button: null,
      text: expect.stringMatching(/Nothing is left/),
    });
  });
});
