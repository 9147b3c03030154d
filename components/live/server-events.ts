/** Server-sent events as our own server writes them (HTML Standard, 9.2), from a body: EventSource tells neither of a refusal nor of comments. */
export type ServerEvent = { id: string | null; event: string; data: string };

/** Each event in its turn; `heard` is called for whatever came, comments too. Throws when the connection breaks. */
export async function* serverEvents(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const blocks = (text + value).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = eventOf(block);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function eventOf(block: string): ServerEvent | null {
  const event: ServerEvent = { id: null, event: '', data: '' };
  for (const line of block.split('\n')) {
    const [, field = '', value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === 'id' || field === 'event' || field === 'data') event[field] = value;
  }
  return event.event === '' ? null : event;
}
