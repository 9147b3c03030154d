/** A frozen request as it goes to people: the connector's description, with long texts cut and JSON laid out. */
import { describeRequest } from '#lib/connectors/registry.ts';
import { REQUEST_SHOWN_BYTES } from '#lib/core/limits.ts';
import { prettyJson } from '#lib/core/values/pretty-json.ts';
import type { DescribedRequest, ShownText } from '#lib/shapes/requests.ts';

type Frozen = { connector: string; do: string; bytes: Uint8Array; idempotencyKey: string | null };

/** @param whole all of it, however long */
export function shownRequest({ connector, do: verb, bytes, idempotencyKey }: Frozen, whole: boolean): DescribedRequest {
  const described = describeRequest(connector, { do: verb, request: bytes, idempotencyKey });
  const most = whole ? Number.POSITIVE_INFINITY : REQUEST_SHOWN_BYTES;
  if (described === null) return { form: 'bytes', text: shownText(Buffer.from(bytes).toString('utf8'), most) };
  if (described.form === 'text') return { ...described, text: shownText(described.text, most) };
  if (described.form === 'statement') return { ...described, statement: shownText(described.statement, most) };
  if (described.form !== 'message') return described;
  const body = described.body === null ? null : shownText(described.body, most);
  return { ...described, body: body && { ...body, pretty: body.cut ? null : prettyJson(body.text) } };
}

function shownText(text: string, most: number): ShownText {
  const bytes = Buffer.byteLength(text);
  if (bytes <= most) return { text, bytes, cut: false };
  // The bytes of half a character at the end are left out.
  return { text: new TextDecoder().decode(Buffer.from(text).subarray(0, most), { stream: true }), bytes, cut: true };
}
