/**
 * The document in which a mail's HTML is drawn. It is in a frame of its own without any right (`sandbox=""`), and this forbids once more what the HTML, cleaned as it is,
 * has not: nothing runs, nothing is fetched, nothing is sent, nothing goes elsewhere. Pictures are those that the mail brings.
 */
const FORBIDDEN = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE = `
  :root { color-scheme: light; background: #ffffff; color: #17181c; --muted: #5a5e69; --line: #dddee3; --hidden: #9a1f6b; --sunken: #eeeef0; }
  :root.dark { color-scheme: dark; background: #0e0f12; color: #ecedf0; --muted: #a3a8b4; --line: #2a2e37; --hidden: #f58ccb; --sunken: #1e2128; }
  body { margin: 12px; font: 14px/22px system-ui, sans-serif; overflow-wrap: anywhere; }
  h1, h2, h3, h4, h5, h6 { margin: 12px 0 4px; font-size: 16px; line-height: 24px; }
  img { max-width: 100%; height: auto; }
  table { border-collapse: collapse; max-width: 100%; }
  td, th { padding: 2px 4px; vertical-align: top; text-align: start; }
  blockquote { margin: 0 0 0 4px; padding-left: 10px; border-left: 2px solid var(--line); color: var(--muted); }
  pre { white-space: pre-wrap; }
  hr { border: 0; border-top: 1px solid var(--line); }
  .link { text-decoration: underline; text-decoration-color: var(--muted); text-underline-offset: 2px; }
  .to, .picture { color: var(--muted); font-size: 12px; }
  .picture { border: 1px dashed var(--line); padding: 0 4px; border-radius: 4px; }
  .hidden { color: var(--hidden); background: var(--sunken); font: 0.8em ui-monospace, monospace; }
`;

/** @param html as `drawLetter` gives it */
export function frameDocument(html: string, dark: boolean): string {
  return [
    `<!doctype html><html class="${dark ? 'dark' : ''}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${FORBIDDEN}"><meta name="referrer" content="no-referrer">`,
    `<title>The mail’s HTML</title><style>${STYLE}</style></head><body>${html}</body></html>`,
  ].join('');
}
