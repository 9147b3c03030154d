/** The database behind a connection, as it is now: where it is, who we are there, and its pool in this process. */
import type { Pool } from 'pg';
import {
  guardedLookup,
  hostNotPublic,
  isAllowed,
  type Reach,
  RefusedAddress,
  type Resolve,
} from '#lib/connectors/http/addresses.ts';
import type { Connections } from '#lib/connectors/http/credentials.ts';
import { placeOf } from '#lib/core/connections/auth.ts';
import { type PostgresPlace, readPostgresAddress } from '#lib/core/connections/postgres.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { targetPool } from '#lib/store/targets/pools.ts';
import type { SqlRequest } from './frozen.ts';

/** Nothing was asked, and why. */
export type NoTarget = { reason: string };

export type Targets = {
  /** Whose connection the frozen request names, if it still leads there. Never throws. */
  over(via: SqlRequest['via']): Promise<Pool | NoTarget>;
  of(live: LiveConnection): Pool | NoTarget;
};

export function targetsOver(connections: Connections, reach: Reach, resolve?: Resolve): Targets {
  const of = (live: LiveConnection): Pool | NoTarget => {
    const { id, revision, secretVersion, address, auth, secret } = live;
    const place = readPostgresAddress(address);
    if ('wrong' in place || auth.kind !== 'basic') return { reason: 'connection_changed' };
    if (secret === 'unreadable' || secret === null) return { reason: 'secret_unreadable' };
    const allowed = isAllowed(reach, urlOf(place));
    const signIn = { ...place, user: auth.username, password: secret.password ?? '' };
    return targetPool({ id, version: `${revision} ${secretVersion}` }, signIn, {
      lookup: guardedLookup(allowed, resolve),
      refuse: () => {
        const what = isAllowed(reach, urlOf(place)) ? null : hostNotPublic(place.host);
        return what === null ? null : new RefusedAddress(`${place.host} is ${what}.`);
      },
    });
  };
  return {
    of,
    async over(via) {
      let live: LiveConnection | null;
      try {
        live = await connections(via.id);
      } catch {
        return { reason: 'connection_unread' };
      }
      if (!live) return { reason: 'connection_gone' };
      if (live.address !== via.address || placeOf(live.auth) !== placeOf(via.auth)) return { reason: 'connection_changed' };
      return of(live);
    },
  };
}

/** As a list of allowed places names it. */
export const urlOf = ({ host, port }: PostgresPlace) => ({ protocol: 'postgresql:', hostname: host, port: String(port) });
