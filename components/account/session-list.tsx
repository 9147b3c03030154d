'use client';

import { useMutation } from '@tanstack/react-query';
import { Button } from '#components/ui/button.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { writing } from '#components/ui/writing.ts';
import type { SessionView } from '#lib/shapes/people.ts';

type Props = {
  sessions: SessionView[];
  onEnd: (session: { sessionId: string }) => Promise<Outcome>;
  onEndOthers: (nothing: Record<never, never>) => Promise<Outcome<{ ended: number }>>;
};

/** The browsers that a person is signed in with. Each of the others can be signed out from here, or all at once. */
export function SessionList({ sessions, onEnd, onEndOthers }: Props) {
  const end = useMutation(writing(['account', 'session'], onEnd));
  const others = useMutation(writing(['account', 'sessions'], () => onEndOthers({})));
  const error = end.error ?? others.error;
  return (
    <div className="flex flex-col gap-2">
      <Table
        caption="Browsers"
        head={
          <>
            <HeadCell>Browser</HeadCell>
            <HeadCell>Address</HeadCell>
            <HeadCell>Since</HeadCell>
            <HeadCell>Last seen</HeadCell>
            <HeadCell>Signed in</HeadCell>
          </>
        }
      >
        {sessions.map(({ id, browser, address, since, lastSeen, own }) => (
          <Row key={id}>
            <Cell className="font-medium">{browser}</Cell>
            <Cell>{address ?? '–'}</Cell>
            <Cell className="whitespace-nowrap text-muted">
              <Instant iso={since} />
            </Cell>
            <Cell className="whitespace-nowrap text-muted">
              <Instant iso={lastSeen} />
            </Cell>
            <Cell>
              {own ? (
                <span className="text-muted">here</span>
              ) : (
                <Button
                  size="small"
                  aria-label={`Sign out ${browser}`}
                  pending={end.isPending && end.variables.sessionId === id}
                  onClick={() => end.mutate({ sessionId: id })}
                >
                  Sign out
                </Button>
              )}
            </Cell>
          </Row>
        ))}
      </Table>
      {error ? (
        <p role="alert" className="text-red">
          {error.message}
        </p>
      ) : null}
      {sessions.length > 1 ? (
        <div>
          <Button pending={others.isPending} onClick={() => others.mutate()}>
            Sign out everywhere else
          </Button>
        </div>
      ) : null}
    </div>
  );
}
