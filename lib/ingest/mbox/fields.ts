/** What a mail’s fields are called: apart from what reads them, for that loads what decodes mail. */

export const MAIL_FIELDS = [
  'from',
  'fromDomain',
  'to',
  'date',
  'dateDoubtful',
  'subject',
  'messageId',
  'listId',
  'text',
  'attachments',
  'cc',
  'replyTo',
  'labels',
  'threadId',
  'listUnsubscribe',
  'inReplyTo',
  'size',
] as const;

/** What is known beside them of a mail that was read out of a mailbox on a server. */
export const KEPT_FIELDS = ['folder', 'uid', 'uidValidity', 'flags'] as const;

/** Their names for people. */
export const MAIL_LABELS: Readonly<Record<(typeof MAIL_FIELDS)[number] | (typeof KEPT_FIELDS)[number], string>> = {
  from: 'From',
  fromDomain: 'Sender’s domain',
  to: 'To',
  date: 'Date',
  dateDoubtful: 'Doubtful date',
  subject: 'Subject',
  messageId: 'Message-ID',
  listId: 'List',
  text: 'Text',
  attachments: 'Attachments',
  cc: 'Cc',
  replyTo: 'Reply to',
  labels: 'Labels',
  threadId: 'Thread',
  listUnsubscribe: 'Unsubscribe address',
  inReplyTo: 'In reply to',
  size: 'Size in bytes',
  folder: 'Folder',
  uid: 'UID',
  uidValidity: 'UIDVALIDITY',
  flags: 'Flags',
};
