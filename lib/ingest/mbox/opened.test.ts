import { describe, expect, it } from 'vitest';
import { mbox } from './format.ts';

const open = (lines: string[] | string) => {
  const raw = Buffer.from(typeof lines === 'string' ? lines : `${lines.join('\r\n')}\r\n`, 'latin1');
  if (!mbox.open) throw new Error('mail is not opened');
  return mbox.open(raw, {});
};

describe('a mail that is opened', () => {
  it('has its headers as they were sent, its HTML with the pictures it brings, and what hangs on it', async () => {
    const mail = await open([
      'From deals@shop.x Mon Nov  3 10:00:00 2025',
      'From: =?utf-8?q?J=C3=BCrgen?= <j@shop.x>',
      'Subject: =?utf-8?b?4pyT?= a',
      ' b',
      'Received: from a',
      'Received: from b',
      'List-Id: <l.x>',
      'Content-Type: multipart/related; boundary=r',
      '',
      '--r',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p>Hi <img src="cid:logo@x"><img src="https://t.x/p.gif"></p>',
      '>From here',
      '--r',
      'Content-Type: image/png',
      'Content-ID: <logo@x>',
      'Content-Transfer-Encoding: base64',
      '',
      'iVBORw0KGgo=',
      '--r',
      'Content-Type: application/pdf; name="a\xe4.pdf"',
      'Content-Disposition: attachment; filename="invoice.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      'JVBERi0x',
      'LjQK',
      '--r--',
    ]);
    expect(mail.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'From: Jürgen <j@shop.x>',
      'Subject: ✓ a b',
      'Received: from a',
      'Received: from b',
      'List-ID: <l.x>',
      'Content-Type: multipart/related; boundary=r',
    ]);
    expect(mail).toMatchObject({ remote: 1, cut: false, moreHeaders: 0, moreAttachments: 0 });
    expect(mail.html).toContain('<img src="data:image/png;base64,iVBORw0KGgo=" alt="">');
    expect(mail.html).toContain('\nFrom here');
    expect(mail.attachments).toEqual([
      { name: '', type: 'image/png', bytes: 8 },
      { name: 'invoice.pdf', type: 'application/pdf', bytes: 9 },
    ]);
  });

  it('has no HTML where the mail has none', async () => {
    expect(await open(['From: a@x', '', 'text'])).toMatchObject({ html: null, attachments: [] });
  });

  it('is bounded: a header of a megabyte, ten thousand headers, a thousand parts', async () => {
    const { headers } = await open(`Subject: ${'x'.repeat(1_000_000)}\n\n`);
    expect(headers[0]?.value).toHaveLength(4_001);
    const many = await open(`${'X-A: b\n'.repeat(10_000)}\n\n`);
    expect([many.headers.length, many.moreHeaders]).toEqual([200, 9_800]);
    const parts = await open(
      `Content-Type: multipart/mixed; boundary=b\n\n${'--b\nContent-Type: image/png\n\nx\n'.repeat(2_000)}--b--\n`,
    );
    expect([parts.attachments.length, parts.moreAttachments]).toEqual([200, 800]);
  });
});
