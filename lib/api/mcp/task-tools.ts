/** The names by which prompts that were written for another task list call the same (docs/agents.md): a batch is a task, and so is each of its chunks. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import {
  appendAsked,
  appended,
  taskAsked,
  taskMade,
  taskNamed,
  tasksAsked,
  tasksTold,
  taskTold,
} from '#lib/shapes/supervision.ts';
import { appendToTask, completeTask, listTasks, makeTask, readTask } from '#lib/steps/work/tasks.ts';
import type { AddTool } from './tool.ts';

const { item, key, text: body } = appendAsked.shape;

const INPUT = {
  ...taskNamed,
  body: body.describe('The line to append.'),
  item,
  key,
};

export function addTaskTools(add: AddTool, actor: Actor): void {
  add(
    'update_task',
    {
      verb: 'work',
      what: 'Append to the body of a task: of the chunk that you have, by the id that its claim named. The body only grows. Gives its last lines and how many there are.',
      input: z.strictObject({ ...INPUT, replace_body: z.boolean().default(false).describe('Only false: nothing is replaced.') }),
      output: appended,
    },
    ({ body: text, replace_body: replaces, ...asked }) => {
      if (replaces)
        throw new CountersignError(
          'invalid',
          'The body of a task only grows: nothing of it is replaced, and nothing was recorded. Send it without replace_body, and it is appended.',
        );
      return appendToTask(actor, { ...asked, text });
    },
  );
  add(
    'append',
    {
      verb: 'work',
      what: 'The same as update_task: append to the body of a task.',
      input: z.strictObject(INPUT),
      output: appended,
    },
    ({ body: text, ...asked }) => appendToTask(actor, { ...asked, text }),
  );
  add(
    'create_task',
    {
      verb: 'supervise',
      what: 'Make a follow-up task for a person, about an item of a batch. To have items worked, make a batch.',
      input: taskAsked,
      output: taskMade,
    },
    (asked) => makeTask(actor, asked),
  );
  add(
    'get_task',
    {
      verb: 'read_tasks',
      what: 'A task: its state, the last lines of its body, and how many there are.',
      input: z.strictObject(taskNamed),
      output: taskTold,
      reads: true,
    },
    (asked) => readTask(actor, asked),
  );
  add(
    'list_tasks',
    {
      verb: 'read_tasks',
      what: 'The tasks that are not over: the batches, or the chunks of one.',
      input: z.strictObject(tasksAsked),
      output: tasksTold,
      reads: true,
    },
    (asked) => listTasks(actor, asked),
  );
  add(
    'complete_task',
    {
      verb: 'work',
      what: 'Say that the task of a chunk is done: every item of it has its category. It waits for a person then.',
      input: z.strictObject(taskNamed),
      output: taskTold,
    },
    (asked) => completeTask(actor, asked),
  );
}
