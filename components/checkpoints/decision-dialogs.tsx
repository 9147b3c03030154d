import { useState } from 'react';
import { type ChangeAsked, ChangeRulesDialog } from '#components/plans/change-rules-dialog.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { formatNoun } from '#components/ui/format.ts';
import type { CheckpointView, OfChunk } from './checkpoint-view.ts';
import { ExecuteDialog } from './execute-dialog.tsx';
import { KeyHelp } from './key-help.tsx';
import { SendBackDialog } from './send-back-dialog.tsx';
import type { Answer, Asking } from './use-decision.ts';
import { type Acting, executeWords, type Signature } from './words.ts';

type Props = {
  view: CheckpointView;
  of: OfChunk;
  asking: Asking;
  /** which of two signatures is given */
  due: Signature;
  /** somebody else who said that this chunk is theirs to review */
  reviewedBy: string | null;
  acting: Acting[];
  unseen: string[];
  /** what else an approval lacks, a sentence each */
  lacking: string[];
  pending: boolean;
  error: string | null;
  onClose: () => void;
  onLook: (category: string) => void;
  onAnswer: (answer: Answer) => void;
  /** reads the page anew: the chunk is classified again */
  onReload: () => void;
  /** a rule that a correction makes, put before the others; null: the rules as they are */
  teaching: ChangeAsked | null;
};

/** The last question before each decision; at most one is open. */
export function DecisionDialogs({
  view,
  of,
  asking,
  due,
  reviewedBy,
  acting,
  unseen,
  lacking,
  onLook,
  onAnswer,
  onReload,
  teaching,
  ...asked
}: Props) {
  const { batch, chunk } = view;
  const signed = chunk.state === 'awaiting_second';
  const [first, setFirst] = useState(view.first);
  const words = executeWords(acting, batch.noun, first, due);
  return (
    <>
      <ExecuteDialog
        {...asked}
        open={asking === 'execute'}
        of={of}
        words={reviewedBy ? { ...words, text: `${reviewedBy} reviews this chunk. ${words.text}` } : words}
        first={{ planned: view.first, chosen: first, onChoose: setFirst }}
        acting={acting}
        noun={batch.noun}
        unseen={unseen}
        lacking={lacking}
        nextWaits={view.nextWaits}
        onLook={onLook}
        onConfirm={({ next, override }) =>
          onAnswer({ execute: true, next, override, ...(first === view.first ? {} : { first }) })
        }
      />
      <SendBackDialog
        {...asked}
        open={asking === 'send-back' && signed}
        name={chunk.name}
        onConfirm={(note) => onAnswer({ sendBack: true, note })}
      />
      <ChangeRulesDialog
        {...teaching}
        open={asking === 'send-back' && !signed}
        onClose={asked.onClose}
        batchId={batch.id}
        chunk={chunk.number}
        onDone={onReload}
        onSendBack={(note) => onAnswer({ sendBack: true, note })}
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
