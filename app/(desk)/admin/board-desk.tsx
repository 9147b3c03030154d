'use client';

import type { ReactNode } from 'react';
import { resumeIncidentAction } from '#app/(desk)/batches/actions.ts';
import { BoardAgents } from '#components/fleet/board-agents.tsx';
import { BoardBatches } from '#components/fleet/board-batches.tsx';
import { BoardFigures } from '#components/fleet/board-figures.tsx';
import { BoardQueue } from '#components/fleet/board-queue.tsx';
import { BoardTargets } from '#components/fleet/board-targets.tsx';
import { BoardWorkers } from '#components/fleet/board-workers.tsx';
import { DatabaseTrouble } from '#components/fleet/database-trouble.tsx';
import { ClosedIncidents, IncidentList } from '#components/fleet/incident-list.tsx';
import { Disclosure } from '#components/ui/disclosure.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { Board } from '#lib/shapes/board.ts';
import { acknowledgeIncidentAction, endWorkerAction, pauseTargetAction } from './actions.ts';
import { useLiveBoard } from './use-live-board.ts';

type Props = { board: Board; may: { fleet: boolean; resume: boolean } };

/** The house while one looks: what is wrong, what runs, what waits for whom. */
export function BoardDesk({ board: initial, may }: Props) {
  const board = useLiveBoard(initial);
  const { workers, agents, batches, batchCount, queue, targets, database, incidents } = board;
  const resume = may.resume ? (id: string) => resumeIncidentAction({ id }) : null;
  return (
    <div className="flex min-w-0 flex-col gap-6">
      {database.trouble ? <DatabaseTrouble fault={database.trouble} /> : null}
      {incidents.open.length > 0 ? (
        <Part
          name="incidents"
          title={incidents.open.length === 1 ? '1 open incident' : `${formatCount(incidents.open.length)} open incidents`}
        >
          <IncidentList
            incidents={incidents.open}
            onResume={resume}
            onAcknowledge={may.fleet ? (id) => acknowledgeIncidentAction({ id }) : null}
          />
        </Part>
      ) : null}
      <BoardFigures board={board} />
      <Part name="batches" title={batchCount === 0 ? 'Batches under way' : `${formatNoun(batchCount, 'batches')} under way`}>
        <BoardBatches batches={batches} count={batchCount} />
      </Part>
      <div className="grid min-w-0 gap-6 xl:grid-cols-[minmax(0,1fr)_minmax(0,1.6fr)]">
        <Part name="queue" title="Queue">
          <BoardQueue queue={queue} attended={workers.some(({ state }) => state !== 'gone')} />
        </Part>
        <Part name="targets" title="Targets">
          <BoardTargets
            targets={targets}
            onPause={may.fleet ? (target, why) => pauseTargetAction({ target, why }) : null}
            onResume={resume}
          />
        </Part>
      </div>
      <Part name="workers" title="Workers">
        <BoardWorkers workers={workers} onEnd={may.fleet ? (id, wish) => endWorkerAction({ id, wish }) : null} />
      </Part>
      {agents.length > 0 ? (
        <Part name="agents" title="Agents">
          <BoardAgents agents={agents} />
        </Part>
      ) : null}
      {incidents.closed.length > 0 ? (
        <Disclosure title="Incidents before" summary={`${formatCount(incidents.closedThisWeek)} over within a week`}>
          <ClosedIncidents incidents={incidents.closed} />
        </Disclosure>
      ) : incidents.open.length === 0 ? (
        <p className="text-muted">
          No incident so far. An incident is one fault, told once: a target that fails, a halted chunk, a sum that does not add
          up.
        </p>
      ) : null}
    </div>
  );
}

function Part({ name, title, children }: { name: string; title: string; children: ReactNode }) {
  return (
    <section aria-labelledby={name} className="flex min-w-0 flex-col gap-2">
      <h2 id={name} className="text-16 font-medium">
        {title}
      </h2>
      {children}
    </section>
  );
}
