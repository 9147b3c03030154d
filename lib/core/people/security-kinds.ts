/** What the security log tells of: each kind of event with the sentence that people read. */

export const SECURITY_KINDS = {
  sign_in: 'Signed in.',
  sign_in_failed: 'Tried to sign in and was refused.',
  sign_in_locked: 'Tried to sign in too often and was locked out for a while.',
  sign_out: 'Signed out.',
  session_ended: 'Ended sessions of their own.',
  password_changed: 'Changed their password.',
  reset_link_made: 'Made a link that sets a password anew.',
  password_reset: 'Set their password anew by a link.',
  invitation_made: 'Made an invitation.',
  invitation_accepted: 'Accepted an invitation.',
  invitation_withdrawn: 'Withdrew an invitation.',
  first_admin_made: 'Became the first admin.',
  role_changed: 'Changed the role of a person.',
  person_confirmed: 'Confirmed a person.',
  person_disabled: 'Disabled a person.',
  person_enabled: 'Enabled a person.',
  key_made: 'Made an API key.',
  key_revoked: 'Revoked an API key.',
  key_refused: 'An API key was refused.',
  refused: 'Asked for what they may not do.',
  settings: 'The settings of the server are others than at its last start.',
  dataset_opened: 'Opened a dataset; told once an hour.',
  batch_opened: 'Opened items or receipts of a batch; told once an hour.',
  searched: 'Searched through items or receipts; told once an hour.',
  downloaded: 'Downloaded a file.',
  connection_made: 'Made a connection.',
  connection_changed: 'Changed a connection.',
  connection_deleted: 'Deleted a connection.',
  connection_tested: 'Tested a connection.',
  secret_set: 'Set a secret of a connection.',
  secret_used: 'Used a version of a secret for the first time.',
  erasure_looked: 'Looked for a value to erase, or began to erase data.',
  erasure_confirmed: 'Confirmed an erasure.',
  erasure_withdrawn: 'Withdrew an erasure before it was confirmed.',
  erasure_done: 'An erasure is done.',
  person_removed: 'Removed the account of a person.',
} as const;

export type SecurityKind = keyof typeof SECURITY_KINDS;

/** The kinds, in the order in which people choose among them. */
export const SECURITY_KIND_NAMES = Object.keys(SECURITY_KINDS) as [SecurityKind, ...SecurityKind[]];
