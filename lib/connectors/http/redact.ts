/**
 * What a target says back of the credential that it was sent. Some repeat it (an error page, a debugging proxy, a Location), and what is kept of an answer stands in
 * receipts: there the secret gives way to words.
 */

/** Changes nothing where there is no secret. */
export type Redact = (bytes: Buffer) => Buffer;

/** A cut secret at the end of what was read is taken out from so many bytes on. */
const PREFIX_BYTES_MIN = 4;

/** @param secrets as they are sent, and what they are made of */
export function redactor(secrets: readonly string[], words: string): Redact {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  if (forms.length === 0) return (bytes) => bytes;
  return (bytes) => {
    const text = bytes.toString('latin1');
    const found = forms.some((form) => text.includes(form));
    const cut = forms.reduce((least, form) => Math.min(least, cutAt(text, form)), text.length);
    if (!found && cut === text.length) return bytes;
    const whole = forms.reduce((rest, form) => rest.replaceAll(form, `[${words}]`), text);
    // Looked for again: what stood before it may have changed its place.
    const end = forms.reduce((least, form) => Math.min(least, cutAt(whole, form)), whole.length);
    return Buffer.from(end === whole.length ? whole : `${whole.slice(0, end)}[${words}]`, 'latin1');
  };
}

/** The same of a text; null stays null. */
export function redactText(redact: Redact, text: string | null): string | null {
  return text === null ? null : redact(Buffer.from(text)).toString('utf8');
}

/** In what forms a target may write it: as it is, in a URL, in JSON, in HTML, in base64 at each of its three places among other bytes. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and the last character also hold bits of what stands beside it.
    return encoded.slice(before === 0 ? 0 : before + 1, (before + bytes.length) % 3 === 0 ? undefined : -1);
  });
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  const plain = [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    html,
  ];
  const coded = inside.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(form)]);
  return [...plain, ...coded, bytes.toString('hex')].filter((form) => form.length >= PREFIX_BYTES_MIN);
}

/** Where the beginning of the form stands at the end of the text; the text's end where it does not. */
function cutAt(text: string, form: string): number {
  for (let length = Math.min(form.length - 1, text.length); length >= PREFIX_BYTES_MIN; length -= 1)
    if (text.endsWith(form.slice(0, length))) return text.length - length;
  return text.length;
}
