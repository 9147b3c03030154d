import { Ellipsis } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { formatNoun } from '#components/ui/format.ts';
import { Menu } from '#components/ui/menu.tsx';
import { usePaletteActions } from '#components/ui/palette-actions.tsx';
import { CHUNK_HELD, type ChunkState } from '#lib/core/lifecycle.ts';
import type { CheckpointView } from './checkpoint-view.ts';
import { NextChunk } from './next-chunk.tsx';
import type { Answer, Asking } from './use-decision.ts';
import { useMedia } from './use-media.ts';
import { notYouWords } from './words.ts';

/** As Tailwind's `max-sm`: there one row of buttons is all that is left beside the list. */
const NARROW = '(max-width: 639.98px)';
const ACTION_BAR =
  'sticky bottom-0 z-20 -mx-4 flex flex-wrap items-center gap-2 border-t border-hairline bg-background px-4 py-2.5 max-sm:bottom-12 sm:-mx-6 sm:-mb-12 sm:px-6 lg:mb-0 lg:shrink-0';
/** In these the panel above asks for something: going on is second to it. */
const ASKS_HERE: readonly ChunkState[] = [...CHUNK_HELD, 'unresolved'];

type Props = {
  view: CheckpointView;
  /** the words of the button that executes */
  execute: string;
  locked: boolean;
  /** what is being decided at this moment */
  doing: Answer | null;
  /** moves that are not saved yet */
  saving: number;
  /** acting categories of which nothing was on the screen yet */
  unseen: string[];
  /** what else an approval lacks, a sentence each */
  lacking: string[];
  error: string | null;
  onAsk: (asking: Asking) => void;
  onAnswer: (answer: Answer) => void;
  onSkip: () => void;
};

/** What can be decided, each button with what it does. */
export function DecisionBar({ view, execute, locked, doing, saving, unseen, lacking, error, onAsk, onAnswer, onSkip }: Props) {
  const { chunk } = view;
  const notYou = view.two?.notYou ?? null;
  const signed = chunk.state === 'awaiting_second';
  const letsGoOn = doing?.next === true && !doing.execute && !doing.close;
  const narrow = useMedia(NARROW);
  const palette = usePaletteActions();
  const goOn = { label: 'Next chunk only', onSelect: () => onAnswer({ next: true }), disabled: chunk.reviewed };
  const back = {
    label: signed ? 'Do not sign…' : changeWords(view.batch),
    onSelect: () => onAsk('send-back'),
  };
  const stands = standsWords(unseen, lacking, view.evidence?.exempt === true);
  return (
    <fieldset ref={palette} aria-label="Decision" className={ACTION_BAR}>
      <Button
        kind="primary"
        disabled={locked}
        pending={doing?.execute === true}
        onClick={() => onAsk('execute')}
        className="max-sm:min-w-0 max-sm:flex-1"
      >
        {execute}
      </Button>
      {narrow ? null : (
        <>
          <Button
            title="The next chunk is classified. This chunk waits, and nothing of it is sent."
            onClick={goOn.onSelect}
            pending={letsGoOn}
            disabled={goOn.disabled}
          >
            {goOn.label}
          </Button>
          <Button pending={doing?.sendBack === true} onClick={back.onSelect}>
            {back.label}
          </Button>
        </>
      )}
      <Menu
        align="start"
        trigger={<Button kind="ghost" aria-label="More decisions" icon={<Ellipsis size={16} aria-hidden="true" />} />}
        items={[
          ...(narrow
            ? [
                { id: 'go-on', ...goOn },
                { id: 'send-back', ...back },
              ]
            : []),
          ...(signed ? [] : [{ id: 'close', label: 'Close without executing…', onSelect: () => onAsk('close') }]),
          ...(view.next && !chunk.reviewed ? [{ id: 'next', label: `Skip to ${view.next.name}`, onSelect: onSkip }] : []),
          { id: 'keys', label: 'Keys', onSelect: () => onAsk('help') },
        ]}
      />
      {chunk.reviewed ? <NextChunk view={view} kind="primary" /> : null}
      <p
        aria-live="polite"
        // Where there is one row, only what stands in the way takes another, above the buttons.
        className={classes(
          'text-12 text-muted sm:ml-auto',
          saving === 0 && notYou === null && stands.done ? 'max-sm:sr-only' : 'max-sm:order-first max-sm:w-full max-sm:truncate',
        )}
      >
        {saving > 0
          ? `Saving ${formatNoun(saving, 'corrections')}…`
          : notYou
            ? notYouWords(notYou)
            : view.batch.undoes
              ? 'The receipts are the ground of an undo: no sample is asked for.'
              : stands.words}
      </p>
      <ErrorLine error={error} />
    </fieldset>
  );
}

/** Where nothing is to be decided here: where to go on, and what can be done with the chunk as a whole. */
export function GoOnBar({ view, acts, error }: { view: CheckpointView; acts: ReactNode; error: string | null }) {
  return (
    <div className={ACTION_BAR}>
      <NextChunk view={view} kind={ASKS_HERE.includes(view.chunk.state) ? 'secondary' : 'primary'} />
      {acts}
      <ErrorLine error={error} />
    </div>
  );
}

function ErrorLine({ error }: { error: string | null }) {
  return error ? (
    <p role="alert" className="w-full text-red">
      {error}
    </p>
  ) : null;
}

/** What stands in the way of an approval, and that nothing does (`done`). Shown is enough, unless more is demanded. */
function standsWords(unseen: string[], lacking: string[], exempt: boolean): { words: string; done: boolean } {
  const [first, ...others] = [...(unseen.length > 0 ? [`Not shown yet: ${unseen.join(', ')}`] : []), ...lacking];
  if (first !== undefined) return { words: others.length === 0 ? first : `${first} (and ${others.length} more)`, done: false };
  const pilot = exempt ? '. A pilot: the bound of the plan is not demanded here' : '';
  return { words: `Every category with an action was shown${pilot}`, done: true };
}

/** What is changed for what is classified otherwise than it should be. */
function changeWords({ changeable, byInstruction }: CheckpointView['batch']): string {
  if (changeable !== null) return changeable;
  return byInstruction ? 'Change the instruction…' : 'Send back…';
}
