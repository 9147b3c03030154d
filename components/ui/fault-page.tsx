import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';

type Props = {
  /** the server does not answer */
  lost: boolean;
  /** names the fault in the log */
  digest?: string | undefined;
  onAgain: () => void;
};

/** In place of a page that could not be shown: what is wrong, and what comes of it. */
export function FaultPage({ lost, digest, onAgain }: Props) {
  if (lost)
    return (
      <EmptyState
        title="The server does not answer"
        text="This page comes back by itself as soon as it does. Running batches are not affected by this page."
        level={1}
      />
    );
  return (
    <EmptyState
      title="This page could not be shown"
      text={
        <>
          The fault is in Countersign. Running batches are not affected.
          {digest ? (
            <>
              {' '}
              The log has it under <code className="font-mono text-12">{digest}</code>.
            </>
          ) : null}
        </>
      }
      action={<Button onClick={onAgain}>Try again</Button>}
      level={1}
    />
  );
}
