/** The kinds of target that there are, in the order in which a person chooses between them. Adding one is a folder and a line here (docs/how-to/connector.md). */
import { env } from '#lib/env.ts';
import { usedConnection } from '#lib/store/connections/used.ts';
import { db } from '#lib/store/postgres/db.ts';
import { makeAgent } from './agent/connector.ts';
import { makeGit } from './git/connector.ts';
import { makeHttp } from './http/connector.ts';
import { makeImap } from './imap/connector.ts';
import { makeModels } from './model/models.ts';
import { none } from './none/connector.ts';
import type { Connector } from './port.ts';
import { shelf } from './shelf/connector.ts';
import { makeSql } from './sql/connector.ts';
import { task } from './task/connector.ts';

export const CONNECTORS: readonly Connector[] = [
  shelf,
  task,
  makeHttp({
    allowPrivateTargets: () => env().ALLOW_PRIVATE_TARGETS,
    targetsAllowed: () => env().TARGETS_ALLOWED,
    connections: usedConnection,
  }),
  makeSql({
    allowPrivateTargets: () => env().ALLOW_PRIVATE_TARGETS,
    targetsAllowed: () => env().TARGETS_ALLOWED,
    connections: usedConnection,
  }),
  makeImap({
    allowPrivateTargets: () => env().ALLOW_PRIVATE_TARGETS,
    targetsAllowed: () => env().TARGETS_ALLOWED,
    connections: usedConnection,
  }),
  makeGit({
    allowPrivateTargets: () => env().ALLOW_PRIVATE_TARGETS,
    targetsAllowed: () => env().TARGETS_ALLOWED,
    connections: usedConnection,
    models: db,
  }),
  makeAgent({ client: () => db().pool }),
  none,
];

/** What is asked to classify, over connections as targets have them. */
export const MODELS = makeModels({
  allowPrivateTargets: () => env().ALLOW_PRIVATE_TARGETS,
  targetsAllowed: () => env().TARGETS_ALLOWED,
});
