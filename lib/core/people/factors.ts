/** What a person proves with who they are: a password, a code of an authenticator app (or one of those for when it is lost), or a passkey. */
export const FACTORS = ['password', 'totp', 'passkey'] as const;
export type Factor = (typeof FACTORS)[number];

/** Those that whoever has the password does not have with it. */
export const SECOND_FACTORS = ['totp', 'passkey'] as const satisfies readonly Factor[];
