import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { formatNoun } from '#components/ui/format.ts';
import type { CheckpointView } from './checkpoint-view.ts';
import { ExecuteDialog } from './execute-dialog.tsx';
import { KeyHelp } from './key-help.tsx';
import { SendBackDialog } from './send-back-dialog.tsx';
import type { Answer, Asking } from './use-decision.ts';
import type { Acting, ExecuteWords } from './words.ts';

type Props = {
  view: CheckpointView;
  asking: Asking;
  words: ExecuteWords;
  acting: Acting[];
  unseen: string[];
  /** what else an approval lacks, a sentence each */
  lacking: string[];
  pending: boolean;
  error: string | null;
  onClose: () => void;
  onLook: (category: string) => void;
  onAnswer: (answer: Answer) => void;
};

/** The last question before each decision; at most one is open. */
export function DecisionDialogs({ view, asking, words, acting, unseen, lacking, onLook, onAnswer, ...asked }: Props) {
  const { batch, chunk } = view;
  return (
    <>
      <ExecuteDialog
        {...asked}
        open={asking === 'execute'}
        words={words}
        acting={acting}
        noun={batch.noun}
        unseen={unseen}
        lacking={lacking}
        nextWaits={view.nextWaits}
        onLook={onLook}
        onConfirm={({ next, override }) => onAnswer({ execute: true, next, override })}
      />
      <SendBackDialog
        {...asked}
        open={asking === 'send-back'}
        name={chunk.name}
        signed={chunk.state === 'awaiting_second'}
        onConfirm={(note) => onAnswer({ sendBack: true, note })}
      />
      <ConfirmDialog
        {...asked}
        open={asking === 'close'}
        title={`Close ${chunk.name} without executing?`}
        description={`Nothing is sent for its ${formatNoun(view.total, batch.noun)}, now or later. A closed chunk can’t be opened again.`}
        confirm="Close without executing"
        onConfirm={() => onAnswer({ close: true, next: true })}
      />
      <KeyHelp open={asking === 'help'} decided={view.decided} onClose={asked.onClose} />
    </>
  );
}
