import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOfText } from './quoted.ts';

const kinds = (text: string) => partsOfText(text).map(({ kind, lines }) => `${kind} ${lines}`);

describe('what is folded in a mail', () => {
  it.each([
    [
      'a quote with the sentence that introduces it',
      'Yes.\n\nOn Mon, 3 Nov 2025, Ada wrote:\n> one\n> two\n>\n> three\n\nBo',
      ['text 2', 'quoted 5', 'text 2'],
    ],
    [
      'an introduction of two lines',
      'Yes.\n\nOn Mon, 3 Nov 2025 at 10:02,\nAda <a@x.org> wrote:\n> 1\n> 2\n> 3\n',
      ['text 2', 'quoted 5'],
    ],
    ['an introduction in another language', 'Ja.\n\nAm 03.11.2025 schrieb Ada:\n\n> 1\n> 2\n\n> 3\n', ['text 2', 'quoted 6']],
    ['a sentence that introduces nothing stays', 'Three things:\n> 1\n> 2\n> 3', ['text 1', 'quoted 3']],
    ['two lines that are answered stay', '> Shall we?\n> Or not?\nYes, at noon.', ['text 3']],
    ['the mail that is answered', 'Fine.\n\n-----Original Message-----\nFrom: Ada\nTo: Bo\nwords', ['text 2', 'answered 4']],
    [
      'what Outlook writes',
      'Fine.\n\n________________________________\nFrom: Ada <a@x>\nSent: Monday\nTo: Bo\nSubject: x\n\nwords',
      ['text 3', 'answered 6'],
    ],
    ['one without signs', 'Fine.\n\nOn 3 Nov 2025, at 10:02, Ada <a@x> wrote:\n\nWords.', ['text 2', 'answered 3']],
    ['a signature', 'Hello\n-- \nAda\nSales', ['text 1', 'signature 3']],
    ['a forwarded mail is what is sent, and stays', 'See below\n\n---------- Forwarded message ---------\nFrom: Ada', ['text 4']],
  ])('%s', (_, text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });

  it('never is all of a text: who writes only quotes is read', () => {
    expect(kinds('> pay\n> me\n> now')).toEqual(['text 3']);
    expect(kinds('-- \npay me now')).toEqual(['text 2']);
    expect(kinds('\n\n-----Original Message-----\npay')).toEqual(['text 4']);
  });

  it('loses nothing of any text, and takes its time from its length', () => {
    const line = fc.constantFrom(
      '> a',
      '-- ',
      '',
      'On 3 Nov 2025, Ada wrote:',
      'words',
      'From: a',
      'To: b',
      'Date: c',
      'Subject: d',
      '>',
      ':',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const text = lines.join('\n');
        expect(
          partsOfText(text)
            .map(({ from, to }) => text.slice(from, to))
            .join(''),
        ).toBe(text);
      }),
      { numRuns: 200 },
    );
    expect(partsOfText('>'.repeat(1_000_000))).toHaveLength(1);
    expect(partsOfText('On \n'.repeat(50_000)).length).toBe(1);
    expect(partsOfText('>\n\n'.repeat(50_000)).length).toBe(1);
    expect(partsOfText(`${'From: x\n'.repeat(25_000)}end`).length).toBe(1);
  });
});
