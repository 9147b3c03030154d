/** People, their keys and notices, the security log and erasures. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { create, nothing, page, paging, write } from '#lib/api/transport.ts';
import {
  erasure,
  erasureChoice,
  erasureConfirmed,
  erasureFind,
  erasureRow,
  newErasure,
  personRemoved,
  retention,
} from '#lib/shapes/erasure.ts';
import { apiKey, keyMade, newKey } from '#lib/shapes/keys.ts';
import { notice, noticeChoice, noticeChoices, noticesRead } from '#lib/shapes/notices.ts';
import { person, personSession, resetLink, reviewer } from '#lib/shapes/people.ts';
import { securityAsked, securityEvent } from '#lib/shapes/security.ts';
import { count, id } from '#lib/shapes/values.ts';
import { get, namedErasure, namedPerson, post } from './parts.ts';

export const peoplePaths = {
  reviewers: {
    list: get('/reviewers', 'List who can be given chunks to review: people who decide').output(
      z.object({ items: z.array(reviewer), next: z.null() }),
    ),
  },
  people: {
    list: get('/people', 'List the people, the earliest first').output(z.object({ items: z.array(person), next: z.null() })),
    disable: post(
      '/people/{id}/disable',
      'Disable a person',
      'The person is signed out everywhere. Open invitations that the person made, or that are for the person’s address, are withdrawn. Batches that the person started or approved run on. The last admin can’t be disabled, and nobody can disable themselves.',
    )
      .input(write(namedPerson, nothing))
      .output(person),
    enable: post(
      '/people/{id}/enable',
      'Enable a disabled person',
      'The person can sign in again, with the old password. Withdrawn invitations stay withdrawn.',
    )
      .input(write(namedPerson, nothing))
      .output(person),
    confirm: post(
      '/people/{id}/confirm',
      'Confirm a person',
      'Another admin vouches that this is somebody of their own. Where two people sign a chunk, whoever invited the person can then be the other one. A person who signed in does it, not an API key.',
    )
      .input(write(namedPerson, nothing))
      .output(person),
    sessions: get('/people/{id}/sessions', 'List the sessions of a person, the newest first')
      .input(z.strictObject(namedPerson))
      .output(z.object({ items: z.array(personSession), next: z.null() })),
    signOut: post(
      '/people/{id}/sign-out',
      'End all sessions of a person',
      'The person signs in anew. API keys go on. Of one’s own, the session that asks goes on too.',
    )
      .input(write(namedPerson, nothing))
      .output(z.object({ ended: z.int() })),
    resetLink: post(
      '/people/{id}/reset-link',
      'Make a link that sets the password of a person anew',
      'The link is in the answer, once, and works once, for a day. The old password works until then. Whoever made the link counts as who let the person in. An Idempotency-Key is refused: nothing of the answer is kept.',
    )
      .route({ successStatus: 201 })
      .input(write(namedPerson, nothing))
      .output(resetLink),
    resetFactors: post(
      '/people/{id}/reset-factors',
      'Remove the second factors of a person',
      'The authenticator app, its backup codes and all passkeys, for somebody who lost them. The person is signed out everywhere, and signs in with the password alone. Nobody resets their own.',
    )
      .input(write(namedPerson, nothing))
      .output(person),
    remove: post(
      '/people/{id}/remove',
      'Remove the account of a disabled person',
      'Name, address and ways to sign in go for good; the id stays, by which receipts name the person. The address is then looked for everywhere else: `erasure` waits to be confirmed.',
    )
      .input(write(namedPerson, personRemoved))
      .output(z.object({ id, erasure: id })),
  },
  erasures: {
    list: get('/erasures', 'List erasures, the newest first').input(z.strictObject(paging)).output(page(erasureRow)),
    lookFor: post(
      '/erasures',
      'Look for what is to be erased',
      'A value is looked for in every place by the workers; nothing is erased before the erasure is confirmed. All of a batch, a dataset or its originals is named instead of a value.',
    )
      .route({ successStatus: 201 })
      .input(create(newErasure))
      .output(z.object({ id })),
    read: get('/erasures/{id}', 'Read an erasure: what it would take away, who is in the way, and what it took')
      .input(z.strictObject(namedErasure))
      .output(erasure),
    finds: get('/erasures/{id}/finds', 'List the rows of one place in which the value stands')
      .input(z.strictObject({ ...namedErasure, ...paging, cursor: z.string().max(2_000).optional(), place: z.string().max(40) }))
      .output(page(erasureFind)),
    choose: post('/erasures/{id}/choose', 'Choose which of the found rows are erased', 'What hangs on an item goes with it.')
      .input(write(namedErasure, erasureChoice))
      .output(z.object({ count })),
    confirm: post(
      '/erasures/{id}/confirm',
      'Erase what is chosen, for good',
      'The workers do it, page by page. Refused while an unfinished batch would send or ask with it: `facts.batchId` names one.',
    )
      .input(write(namedErasure, erasureConfirmed))
      .output(z.object({ id })),
    withdraw: post('/erasures/{id}/withdraw', 'Forget what was looked for, with nothing erased')
      .input(write(namedErasure, nothing))
      .output(z.object({ id })),
    retention: get('/retention', 'Read what goes by age, and what would go now').output(retention),
  },
  keys: {
    list: get(
      '/keys',
      'List API keys, the newest first',
      'One’s own, also those that have ended. With `everybody`, which an admin may ask, those of all people.',
    )
      .input(z.strictObject({ ...paging, everybody: z.literal('true').optional() }))
      .output(page(apiKey)),
    make: post(
      '/keys',
      'Make an API key',
      'A person makes their own; the key of the environment makes one of a person whom it names. The key is in the answer, once. An Idempotency-Key is refused: nothing of the answer is kept.',
    )
      .route({ successStatus: 201 })
      .input(create(newKey))
      .output(keyMade),
    revoke: oc
      .route({ method: 'DELETE', path: '/keys/{id}', summary: 'Revoke an API key', inputStructure: 'detailed' })
      .input(write({ id: id.describe('The id of the key.') }, nothing))
      .output(apiKey),
  },
  notices: {
    list: get(
      '/notices',
      'List one’s own notices, the newest first',
      'What somebody was told: chunks that wait, incidents, batches that are finished. A person’s API key lists those of its owner.',
    )
      .input(z.strictObject(paging))
      .output(page(notice)),
    read: post('/notices/read', 'Mark notices as read').input(create(noticesRead)).output(z.object({})),
    choices: get('/notices/choices', 'Read how one is told, by kind').output(noticeChoices),
    choose: oc
      .route({
        ...{ method: 'PUT', path: '/notices/choices', summary: 'Choose how one is told of a kind', inputStructure: 'detailed' },
        description: 'By somebody who is signed in: a key must not silence what its owner would be told.',
      })
      .input(create(noticeChoice))
      .output(noticeChoice),
  },
  security: {
    list: get(
      '/security-log',
      'List the security log, the newest first',
      'What somebody did or tried that bears on who may do what, and who opened or downloaded what. With a filter a page may have fewer events than its limit, and none: it looks for so long. The last has no `next`.',
    )
      .input(z.strictObject({ ...paging, ...securityAsked }))
      .output(page(securityEvent)),
  },
};
