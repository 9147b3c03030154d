/** /metrics, in the text format of Prometheus: the house's figures out of the database, and this process's own. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { authorise } from '#lib/auth/authorise.ts';
import { apiActor, carriesMetricsToken } from '#lib/auth/who.ts';
import { log } from '#lib/log.ts';
import { type Figures, readFigures } from '#lib/steps/fleet/read-figures.ts';
import { problemResponse } from './problem.ts';

/** For the bearer METRICS_TOKEN, and for whoever may see the fleet. Never throws; a database that can't be asked is told as a figure. */
export async function answerMetrics(request: Request): Promise<Response> {
  try {
    if (!carriesMetricsToken(request.headers)) authorise(await apiActor(request), 'see_fleet');
    const { registry, tell } = metrics();
    tell(
      await readFigures().catch((err) => {
        log.warn({ err }, 'the metrics can’t be read');
        return null;
      }),
    );
    const headers = { 'Content-Type': registry.contentType, 'Cache-Control': 'private, no-store' };
    return new Response(await registry.metrics(), { headers });
  } catch (error) {
    return problemResponse(error, { method: 'GET', path: '/metrics' });
  }
}

// Next loads modules more than once, and a process has one event loop to watch.
const state = globalThis as typeof globalThis & { countersignMetrics?: ReturnType<typeof makeMetrics> };

function metrics(): ReturnType<typeof makeMetrics> {
  state.countersignMetrics ??= makeMetrics();
  return state.countersignMetrics;
}

function makeMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `countersign_${name}`, help, labelNames, registers });

  const up = gauge(
    'database_up',
    '1 when the database answered; 0 when it did not, and then the figures that come from it are missing.',
  );
  const batches = gauge('batches', 'Batches by state.', 'state');
  const chunks = gauge('chunks', 'Chunks by state.', 'state');
  const waiting = gauge('chunks_waiting', 'Waiting chunks of unfinished batches, by what they wait for.', 'for');
  const running = gauge('chunks_running', 'Chunks that a worker is working on.');
  const workers = gauge('workers', 'Workers heard of within the last hour, by state.', 'state');
  const receipts = new Counter({ name: 'countersign_receipts_total', help: 'Receipts of all batches.', registers });
  const incidents = gauge('incidents_open', 'Open incidents by kind.', 'kind');
  const breakers = gauge('breakers', 'Targets that no worker sends to: open, probing, or paused by a person.', 'state');
  const question = gauge('oldest_question_seconds', 'How long the oldest question has waited for a person; 0 when none waits.');
  const errors = gauge('target_error_ratio', 'The share of requests of the last ten minutes that did not succeed.', 'target');
  const latency = gauge('target_latency_seconds', 'How long requests took within the last ten minutes.', 'target', 'quantile');
  const size = gauge('database_bytes', 'How large the database is.');
  const pool = gauge('database_connections', 'Connections of this process: total, idle; and those who wait for one.', 'state');
  const house = [
    batches,
    chunks,
    waiting,
    running,
    workers,
    receipts,
    incidents,
    breakers,
    question,
    errors,
    latency,
    size,
    pool,
  ];

  const tell = (figures: Figures | null): void => {
    up.set(figures ? 1 : 0);
    for (const one of house) one.reset();
    if (figures === null) {
      for (const one of [running, receipts, question, size]) one.remove();
      return;
    }
    const each = (counts: Record<string, number>, set: (name: string, count: number) => void) => {
      for (const [name, count] of Object.entries(counts)) set(name, count);
    };
    each(figures.batches, (name, count) => batches.set({ state: name }, count));
    each(figures.chunks, (name, count) => chunks.set({ state: name }, count));
    each(figures.waiting, (name, count) => waiting.set({ for: name }, count));
    running.set(figures.running);
    each(figures.workers, (name, count) => workers.set({ state: name }, count));
    receipts.inc(figures.receipts);
    each(figures.incidents, (name, count) => incidents.set({ kind: name }, count));
    each(figures.breakers, (name, count) => breakers.set({ state: name }, count));
    question.set(figures.oldestQuestionSeconds);
    for (const { target, errorRatio, p50Seconds, p95Seconds } of figures.targets) {
      errors.set({ target }, errorRatio);
      latency.set({ target, quantile: '0.5' }, p50Seconds);
      latency.set({ target, quantile: '0.95' }, p95Seconds);
    }
    size.set(figures.databaseBytes);
    each(figures.pool, (name, count) => pool.set({ state: name }, count));
  };
  return { registry, tell };
}
