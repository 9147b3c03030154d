import { describe, expect, it } from 'vitest';
import { atSize } from '#test/size.ts';
import { drawLetter } from './letter.ts';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const draw = (html: string) => drawLetter(html, (id) => (id === 'logo@x' ? PNG : null));

/** Whatever could run, fetch, send or go somewhere. Only the elements that are drawn count: what a mail says in words may look like anything. */
function doors(html: string): string[] {
  return [...html.matchAll(/<([^<>]*)>/g)]
    .map(([, tag = '']) => tag)
    .filter(
      (tag) =>
        !/^\/?(?:p|br|hr|div|span|b|i|bdi|table|tr|td|h1|ul|li|center|tbody|img src="data:image\/png;base64,[A-Za-z0-9+/=]*" alt="[^"]*")(?: (?:class="(?:to|hidden|picture|link)"|title="[^"]*"|dir="\w+"|colspan="\d+"))*$/.test(
          tag,
        ),
    );
}

describe('the HTML of a mail', () => {
  it.each([
    ['script', '<p>a<script>alert(1)</script>b<img src=x onerror="alert(1)"></p>'],
    ['a refresh', '<meta http-equiv="refresh" content="0;url=https://evil.example/">a'],
    ['a base', '<base href="https://evil.example/"><a href="/x">a</a>'],
    [
      'styles that fetch',
      '<style>@import url(https://evil.example/a.css); p{background:url(https://evil.example/b)}</style><link rel=stylesheet href="https://evil.example/c"><p style="background:url(https://evil.example/d)">a</p>',
    ],
    [
      'SVG with script',
      '<svg onload="alert(1)"><script>alert(1)</script><image href="https://evil.example/"/></svg>a<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    ],
    [
      'other sources',
      '<picture><source srcset="https://evil.example/1 2x"><img srcset="https://evil.example/2 2x"></picture>a<video poster="https://evil.example/3" src=4></video><audio src=5></audio>',
    ],
    [
      'objects and frames',
      '<object data="https://evil.example/"></object><embed src="https://evil.example/"><iframe srcdoc="<script>alert(1)</script>" src="https://evil.example/"></iframe>a',
    ],
    [
      'forms',
      '<form action="https://evil.example/"><input name=p type=image src="https://evil.example/i"><button formaction="javascript:alert(1)">a</button></form>',
    ],
    ['a comment that never ends', 'a<!-- <p> <script>alert(1)</script>'],
    ['a comment for one browser', 'a<!--[if mso]><script>alert(1)</script><![endif]-->'],
    [
      'tags in tags',
      'a<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript><math><mi><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    ],
    [
      'links that run',
      '<a href="javascript:alert(1)">a</a><a href=" java\tscript:alert(1)">b</a><a href="data:text/html,x">c</a><a href="https://evil.example/" ping="https://evil.example/p" target=_top>d</a>',
    ],
    [
      'attributes out of quotes',
      '<p title="a"onclick="alert(1)" dir=\'ltr" onclick="alert(1)\'>a</p><td colspan="1 onclick=alert(1)">',
    ],
    [
      'areas and maps',
      '<map name=m><area href="https://evil.example/" shape=default></map><img usemap="#m" src="https://evil.example/x">a',
    ],
  ])('has no door: %s', (_, html) => {
    const { html: drawn } = draw(html);
    expect(doors(drawn)).toEqual([]);
    expect(drawn).toContain('a');
    expect(draw(drawn).html).not.toContain('<script');
  });

  it('says where a link really goes, and that it is not what it looks like', () => {
    expect(draw('<a href="https://evil.example/login">https://bank.example</a>').html).toBe(
      '<span class="link">https://bank.example</span> <bdi class="to">⟨https://evil.example/login⟩</bdi>',
    );
    expect(draw('<a href="https://bank.example">https://bank.example</a>').html).toBe(
      '<span class="link">https://bank.example</span>',
    );
    expect(draw('<a href="https://xn--80ak6aa92e.com/">apple</a>').html).toContain('≠ ');
    expect(draw('<p>fdp.\u202eexe</p>').html).toBe(
      '<p>fdp.<span class="hidden" title="right-to-left override, U+202E">⟨RLO⟩</span>exe</p>',
    );
  });

  it('draws what the mail brings itself, and counts what lies elsewhere', () => {
    const { html, remote } = draw(
      '<img src="cid:logo@x" alt="a"><img src="cid:no"><img src="https://t.example/p.gif" alt="Sale"><img src="//t.example/q"><td background="https://t.example/b"><p style="background: URL( \'https://t.example/c\')">',
    );
    expect(remote).toBe(4);
    expect(html).toContain(`<img src="${PNG}" alt="a">`);
    expect(html).toContain('<span class="picture">picture: Sale</span>');
  });

  it('hides nothing: what styles and sizes would hide is there', () => {
    expect(draw('<div style="display:none;color:#fff;font-size:0" hidden>pay</div>').html).toBe('<div>pay</div>');
  });

  it('is bounded: very many elements in each other, more than is drawn, tags without an end', () => {
    // More than a call for each would have room for.
    const count = atSize(20_000, 50_000);
    const deep = draw(`${'<div>'.repeat(count)}words${'</div>'.repeat(count)}`).html;
    expect(deep).toContain('words');
    expect(deep.match(/<div>/g)?.length).toBeLessThanOrEqual(100);
    const long = draw('<p>ten megabytes</p>'.repeat(atSize(55_000, 75_000)));
    expect([long.cut, long.html.length <= 1_000_000]).toEqual([true, true]);
    expect(draw(`<p title="${'x'.repeat(1_000_000)}`).html.length).toBeLessThan(100);
  });
});
