/** A worker by its process and machine, as the fleet lists it; by the beginning of its id once its row is gone. `id` may be an actor's (`worker:<uuid>`). */
export function workerName({ id, host, pid }: { id: string; host: string | null; pid: number | null }): string {
  return host === null ? id.replace(/^worker:/, '').slice(0, 8) : `${pid} on ${host}`;
}
