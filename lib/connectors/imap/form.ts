/** How a plan's page edits what is done to mails in a mailbox, and how a connection to one is edited. */
import type { ActionForm, ConnectionForm } from '#lib/connectors/form.ts';

const SERVER_ONLY = 'Mail server: ';

export const imapForm: ActionForm = {
  needsConnection: true,
  choices: [
    { words: `${SERVER_ONLY}archive`, do: 'archive', with: {} },
    { words: `${SERVER_ONLY}move to a folder`, do: 'move', with: { to: '' } },
    { words: `${SERVER_ONLY}move to the trash`, do: 'delete', with: {} },
    { words: `${SERVER_ONLY}flag`, do: 'flag', with: {} },
    { words: `${SERVER_ONLY}remove the flag`, do: 'unflag', with: {} },
    { words: `${SERVER_ONLY}mark as read`, do: 'read', with: {} },
    { words: `${SERVER_ONLY}mark as unread`, do: 'unread', with: {} },
  ],
  fields: [
    {
      ...{ kind: 'connection', at: 'connection', label: 'Connection', place: 'connection', absent: 'Choose a connection' },
      hint: 'The mailbox that the mails are in.',
    },
    {
      ...{ kind: 'found', at: 'with.to', label: 'To the folder', place: 'folder', absent: 'Choose a folder' },
      ...{ notFor: ['archive', 'delete', 'flag', 'unflag', 'read', 'unread', 'unarchive'] },
      hint: 'Those that the connection’s test found. Test it again where one is missing.',
    },
    {
      ...{ kind: 'line', at: 'with.folder', label: 'Folder that the mails are in', place: 'folder of the mails' },
      ...{ absent: '{{folder}}', template: true, exact: true },
    },
  ],
};

export const imapConnection: ConnectionForm = {
  words: 'A mail server (IMAP)',
  place: 'address',
  address: 'imaps://mail.example',
  addressHint:
    'imaps:// is TLS from the beginning, imap:// is STARTTLS; behind them the host, and its port where it is an unusual one.',
  auth: ['basic', 'oauth2'],
  mailbox: true,
  promises: false,
  test: 'Signs in, and lists what the server can do and its folders. It changes nothing.',
  source: {
    words: 'A mail folder of a connection',
    place: 'Folder',
    unchanged: 'Nothing there is changed, and no mail is marked as read.',
  },
};
