/** Tasks as agents name them: a batch is one, and so is each of its chunks. */

/** The id of a batch's task, or of that of one of its chunks. */
export function taskId(batchId: string, chunk: number | null = null): string {
  return chunk === null ? batchId : `${batchId}/${chunk}`;
}

/** What a task's id names: the batch, by its id or by the reference of its task, and the chunk. A reference may have a slash of its own: the whole of it comes first. */
export function readTaskId(text: string): { batch: string; chunk: number | null }[] {
  const [, batch = '', digits = ''] = /^(.+)\/(\d{1,9})$/.exec(text) ?? [];
  const whole = { batch: text, chunk: null };
  return batch === '' || Number(digits) === 0 ? [whole] : [whole, { batch, chunk: Number(digits) }];
}
