'use client';

import { useMutation } from '@tanstack/react-query';
import { Button } from '#components/ui/button.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { writing } from '#components/ui/writing.ts';
import type { ApiKeyView } from '#lib/shapes/keys.ts';
import { scopesTold } from './scope-words.ts';

type Props = {
  keys: ApiKeyView[];
  /** whether whose they are is told */
  owners: boolean;
  onRevoke: (key: { keyId: string }) => Promise<Outcome<unknown>>;
};

/** API keys, the newest first: what each may do, until when, and when it was used last. */
export function KeyList({ keys, owners, onRevoke }: Props) {
  const revoke = useMutation(writing(['keys', 'revoke'], onRevoke));
  if (keys.length === 0) return <p className="text-muted">{owners ? 'Nobody has a key.' : 'You have no key.'}</p>;
  return (
    <div className="flex flex-col gap-2">
      <Table
        caption={owners ? 'Keys of all people' : 'Your keys'}
        head={
          <>
            <HeadCell>Name</HeadCell>
            {owners ? <HeadCell>Owner</HeadCell> : null}
            <HeadCell>Key</HeadCell>
            <HeadCell>Acts as</HeadCell>
            <HeadCell>Made</HeadCell>
            <HeadCell>Last used</HeadCell>
            <HeadCell>State</HeadCell>
          </>
        }
      >
        {keys.map((key) => (
          <Row key={key.id}>
            <Cell className="font-medium">{key.name}</Cell>
            {owners ? <Cell>{key.owner.name}</Cell> : null}
            <Cell className="font-mono whitespace-nowrap">…{key.hint}</Cell>
            <Cell>
              {key.role}
              {key.scopes.length > 0 ? <span className="text-muted">: {scopesTold(key.scopes)}</span> : null}
              {key.batches.length > 0 ? (
                <span className="text-muted" title={key.batches.join('\n')}>
                  {' '}
                  in {key.batches.length === 1 ? 'one batch' : `${key.batches.length} batches`}
                </span>
              ) : null}
            </Cell>
            <Cell className="whitespace-nowrap text-muted">
              <Instant iso={key.createdAt} />
            </Cell>
            <Cell className="whitespace-nowrap text-muted">{key.lastUsedAt ? <Instant iso={key.lastUsedAt} /> : 'never'}</Cell>
            <Cell className="whitespace-nowrap">
              <span className="flex items-center gap-2 text-muted">
                <State of={key} />
                {key.state === 'valid' || key.state === 'beyond' ? (
                  <Button
                    size="small"
                    aria-label={`Revoke ${key.name}`}
                    pending={revoke.isPending && revoke.variables.keyId === key.id}
                    onClick={() => revoke.mutate({ keyId: key.id })}
                  >
                    Revoke
                  </Button>
                ) : null}
              </span>
            </Cell>
          </Row>
        ))}
      </Table>
      {revoke.error ? (
        <p role="alert" className="text-red">
          {revoke.error.message}
        </p>
      ) : null}
    </div>
  );
}

function State({ of: { state, expiresAt, revokedAt } }: { of: ApiKeyView }) {
  if (state === 'revoked' && revokedAt)
    return (
      <span>
        revoked <Instant iso={revokedAt} />
      </span>
    );
  if (state === 'beyond') return <span title="Its owner may no longer do what it may.">refused: more than its owner may</span>;
  return (
    <span>
      {state === 'expired' ? 'expired' : 'until'} <Instant iso={expiresAt} />
    </span>
  );
}
