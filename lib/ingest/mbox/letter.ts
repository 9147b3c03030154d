/**
 * The HTML of a mail for a person who must see what is in it and touch nothing outside it. `sanitize-html` leaves what is on its list; what it leaves is written anew
 * here, by a list of our own: text with stand-ins for what nobody sees (docs/eyes.md), a link as its words and its real address, pictures that the mail brings itself.
 * There are no styles, colours and sizes: what a mail hides by them is shown. Nothing in it is followed, fetched or sent; the frame that draws it forbids it once more.
 */
import { Parser } from 'htmlparser2';
import sanitize from 'sanitize-html';
import { beginOf, legible, piecesOf } from '#lib/core/values/legible.ts';
import { spoofsIn } from '#lib/core/values/spoofs.ts';

type Letter = {
  html: string;
  /** pictures that lie elsewhere, and were not loaded */
  remote: number;
  /** only the beginning of it is drawn */
  cut: boolean;
};

/**
 * @param pictureOf a picture of the mail by its Content-ID, as a data: address; null where it has none
 */
export function drawLetter(given: string, pictureOf: (id: string) => string | null): Letter {
  const shown = beginOf(given, HTML_CHARS_MAX);
  const drawing = new Drawing(pictureOf);
  const parser = new Parser(drawing, { decodeEntities: true });
  parser.end(
    sanitize(shown, {
      allowedTags: [...TAGS, 'a', 'img'],
      allowedAttributes: { a: ['href'], img: ['src', 'alt'], td: SPANS, th: SPANS, ol: ['start'], '*': ['dir'] },
      allowedSchemes: ['http', 'https', 'mailto', 'tel', 'ftp', 'cid', 'data'],
      nonTextTags: SILENT,
      nestingLimit: NESTED_MAX,
      transformTags: {
        '*': (tagName, attribs) => {
          drawing.remote += remotePictures(tagName, attribs);
          return { tagName, attribs };
        },
      },
    }),
  );
  return { html: drawing.html, remote: drawing.remote, cut: shown.length < given.length || drawing.full };
}

const HTML_CHARS_MAX = 1_000_000;
const DRAWN_CHARS_MAX = 2_000_000;
/** Deeper elements are left out; what they say stays. */
const NESTED_MAX = 100;
const SPAN_MAX = 100;
const ADDRESS_CHARS_MAX = 300;
const SPANS = ['colspan', 'rowspan'];
const TAGS = [
  ...['p', 'br', 'hr', 'div', 'span', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'pre', 'center', 'address'],
  ...[
    'b',
    'strong',
    'i',
    'em',
    'u',
    's',
    'strike',
    'del',
    'ins',
    'sub',
    'sup',
    'small',
    'code',
    'tt',
    'kbd',
    'samp',
    'q',
    'cite',
  ],
  ...['ul', 'ol', 'li', 'dl', 'dt', 'dd', 'figure', 'figcaption'],
  ...['table', 'caption', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td'],
];
const KNOWN = new Set(TAGS);
const VOID = new Set(['br', 'hr']);
/** What is in them is for programs. */
const SILENT = [
  ...[
    'script',
    'style',
    'textarea',
    'option',
    'xmp',
    'noscript',
    'noembed',
    'noframes',
    'iframe',
    'frameset',
    'object',
    'applet',
  ],
  ...['svg', 'math', 'select', 'template', 'plaintext', 'title', 'audio', 'video', 'canvas'],
];
/** No SVG: it can hold a document. */
const OWN_PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$/;

/** How many pictures an element asks for from elsewhere. */
function remotePictures(
  tag: string,
  { src = '', srcset = '', background = '', poster = '', style = '' }: Record<string, string>,
): number {
  const asks = (address: string) => address.trim() !== '' && !/^\s*(?:cid|data):/i.test(address);
  const picture = tag === 'img' || tag === 'source' || tag === 'input' || tag === 'image';
  return (
    Number(picture && (asks(src) || srcset.trim() !== '')) +
    Number(asks(background)) +
    Number(asks(poster)) +
    Number(/url\s*\(\s*["']?\s*(?!["']?(?:cid|data):)/i.test(style))
  );
}

/** Writes what it is told of into HTML of its own. */
class Drawing {
  html = '';
  remote = 0;
  readonly #pictureOf: (id: string) => string | null;
  #links: { address: string; words: string }[] = [];
  readonly #open: string[] = [];

  constructor(pictureOf: (id: string) => string | null) {
    this.#pictureOf = pictureOf;
  }

  get full(): boolean {
    return this.html.length > DRAWN_CHARS_MAX;
  }

  onopentag(name: string, attributes: Record<string, string>): void {
    if (this.full) return;
    if (name === 'a') {
      this.#links.push({ address: attributes.href ?? '', words: '' });
      this.html += '<span class="link">';
    }
    if (name === 'img') this.#picture(attributes);
    else if (VOID.has(name)) this.html += `<${name}>`;
    else if (KNOWN.has(name)) {
      this.#open.push(name);
      this.html += `<${name}${written(attributes)}>`;
    }
  }

  ontext(text: string): void {
    if (this.full) return;
    for (const link of this.#links) link.words += beginOf(text, ADDRESS_CHARS_MAX);
    this.html += drawn(text);
  }

  onclosetag(name: string): void {
    if (name === 'a') this.#address();
    else if (KNOWN.has(name) && !VOID.has(name) && this.#open.at(-1) === name) {
      this.#open.pop();
      this.html += `</${name}>`;
    }
  }

  #address(): void {
    const link = this.#links.pop();
    if (!link) return;
    this.html += '</span>';
    if (link.address === '' || this.full) return;
    const { address, words } = link;
    const badges = spoofsIn(address).map(({ badge, says }) => ` <b title="${escaped(says)}">≠ ${escaped(legible(badge))}</b>`);
    if (address !== words.trim())
      this.html += ` <bdi class="to">⟨${drawn(beginOf(address, ADDRESS_CHARS_MAX))}${address.length > ADDRESS_CHARS_MAX ? '…' : ''}⟩</bdi>`;
    this.html += badges.join('');
  }

  #picture({ src = '', alt = '' }: Record<string, string>): void {
    const own = /^\s*cid:/i.test(src) ? this.#pictureOf(src.trim().slice(4)) : src;
    const said = beginOf(alt.trim(), ADDRESS_CHARS_MAX);
    if (own !== null && OWN_PICTURE.test(own)) this.html += `<img src="${escaped(own)}" alt="${escaped(legible(said))}">`;
    else this.html += `<span class="picture">${said === '' ? 'picture' : `picture: ${drawn(said)}`}</span>`;
  }
}

function written({ dir = '', colspan = '', rowspan = '', start = '' }: Record<string, string>): string {
  const span = (name: string, value: string) =>
    /^\d{1,3}$/.test(value) && Number(value) <= SPAN_MAX ? ` ${name}="${value}"` : '';
  return `${/^(?:ltr|rtl|auto)$/i.test(dir) ? ` dir="${dir.toLowerCase()}"` : ''}${span('colspan', colspan)}${span('rowspan', rowspan)}${/^\d{1,6}$/.test(start) ? ` start="${start}"` : ''}`;
}

function drawn(text: string): string {
  return piecesOf(text)
    .map((piece) =>
      piece.standIn
        ? `<span class="hidden" title="${escaped(piece.standIn.name)}">${escaped(piece.standIn.label)}</span>`
        : escaped(piece.text),
    )
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
