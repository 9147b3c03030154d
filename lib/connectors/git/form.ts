/** How a plan's page edits changes of files in a repository, and how a connection to one is edited. */
import type { ActionForm, ConnectionForm } from '#lib/connectors/form.ts';

const FILE = 'Repository: ';

export const gitForm: ActionForm = {
  needsConnection: true,
  choices: [
    { words: `${FILE}write the file anew`, do: 'write', with: { content: '{{content}}', message: '' } },
    { words: `${FILE}remove the file`, do: 'delete', with: { message: '' } },
    { words: `${FILE}take what agents commit`, do: 'apply', with: {} },
    { words: `${FILE}move the file`, do: 'move', with: { to: '', message: '' } },
  ],
  fields: [
    {
      ...{ kind: 'connection', at: 'connection', label: 'Connection', place: 'connection', absent: 'Choose a connection' },
      hint: 'Changes are committed here. They leave this machine when somebody approves a push.',
    },
    {
      ...{ kind: 'text', at: 'with.content', label: 'Text of the file', place: 'text of the file', template: true },
      notFor: ['delete', 'move', 'apply', 'push'],
    },
    {
      ...{ kind: 'line', at: 'with.to', label: 'New path', place: 'new path', template: true, exact: true },
      notFor: ['delete', 'write', 'apply', 'push'],
    },
    {
      ...{ kind: 'line', at: 'with.message', label: 'Commit message', place: 'commit message', template: true },
      ...{ absent: '', placeholder: 'Write {{path}}', notFor: ['apply', 'push'] },
    },
    {
      ...{ kind: 'line', at: 'with.branch', label: 'Branch that the files are on', place: 'branch' },
      ...{ absent: '{{branch}}', template: true, exact: true },
    },
    {
      ...{ kind: 'line', at: 'with.path', label: 'Path of the file', place: 'path' },
      ...{ absent: '{{path}}', template: true, exact: true, notFor: ['push'] },
    },
  ],
};

export const gitConnection: ConnectionForm = {
  words: 'A repository (git)',
  place: 'address',
  address: 'https://git.example/team/project.git',
  addressHint: 'As it is cloned over https, without a user name and a password in it.',
  auth: ['basic', 'bearer', 'none'],
  mailbox: false,
  promises: false,
  test: 'Signs in and lists the branches. It changes nothing.',
  source: {
    ...{ words: 'The files of a repository', place: 'Branch, or branch:folder' },
    unchanged: 'Nothing there is changed.',
  },
};
