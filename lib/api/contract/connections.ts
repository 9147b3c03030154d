/** Connections to what actions act on and what models answer. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { create, nothing, page, paging, write } from '#lib/api/transport.ts';
import { connection, connectionChange, connectionTest, newConnection, sourceInput, tested } from '#lib/shapes/connections.ts';
import { uploadedDataset } from '#lib/shapes/datasets.ts';
import { id } from '#lib/shapes/values.ts';
import { get, namedConnection, post } from './parts.ts';

export const connectionPaths = {
  connections: {
    list: get(
      '/connections',
      'List connections, by name',
      'An admin’s are all; an operator’s are those that their plans may name. No secret is given.',
    )
      .input(z.strictObject(paging))
      .output(page(connection)),
    make: post(
      '/connections',
      'Make a connection',
      'A named target with what is secret of it. `secrets` is taken here and by a change, and never given back.',
    )
      .route({ successStatus: 201 })
      .input(create(newConnection))
      .output(connection),
    read: get('/connections/{id}', 'Read a connection').input(z.strictObject(namedConnection)).output(connection),
    change: oc
      .route({
        ...{ method: 'PUT', path: '/connections/{id}', summary: 'Change a connection', inputStructure: 'detailed' },
        description:
          'All of it but its name and its kind; secrets that are left out stay, unless they would go elsewhere than they were given for. It is refused as `stale` when the connection changed after its `revision` was read. Actions that were approved are sent to the address that was approved, or not at all.',
      })
      .input(write(namedConnection, connectionChange))
      .output(connection),
    delete: oc
      .route({
        ...{ method: 'DELETE', path: '/connections/{id}', summary: 'Delete a connection', inputStructure: 'detailed' },
        description: 'Refused while a batch that is not finished uses it.',
      })
      .input(write(namedConnection, nothing))
      .output(z.object({ id })),
    test: post(
      '/connections/{id}/test',
      'Test a connection',
      'A web service: sends a GET or a HEAD with its credential, to its address or to a place under it. A mail server: signs in, and lists what it can do and its folders. A database: signs in, and reads the version, the tables, and whether effects can be written down. `offers` has what it found.',
    )
      .input(write(namedConnection, connectionTest))
      .output(tested),
    prepare: post(
      '/connections/{id}/prepare',
      'Make what a connection needs at its target',
      'Makes the table `countersign_effects` in the database of a connection of kind sql, where it is missing and the connection’s role may, and tests the connection.',
    )
      .input(write(namedConnection, nothing))
      .output(tested),
    collect: post(
      '/connections/{id}/dataset',
      'Read a place of a connection into a dataset',
      'Of a mail server: all mails of a folder, with their UIDs, by which actions find them again. Nothing there is changed. It answers when all are read, as an upload does; after a minute while it goes on (`receiving`).',
    )
      .route({ successStatus: 201 })
      .input(write(namedConnection, sourceInput))
      .output(uploadedDataset),
  },
};
