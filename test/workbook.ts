/** Workbooks for tests. */
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

type Book = { sheets: Record<string, string>; styles?: string; texts?: string[]; from1904?: boolean; hidden?: string[] };

/** As programs write it: the texts behind the sheets. What follows a bar in a sheet stands behind its rows. */
export function bookOf({ sheets, styles = '', texts = [], from1904 = false, hidden = [] }: Book): Promise<Buffer> {
  const zip = new ZipFile();
  const add = (name: string, xml: string) => zip.addBuffer(Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`), name);
  const names = Object.keys(sheets);
  add('[Content_Types].xml', '<Types/>');
  add(
    'xl/workbook.xml',
    `<workbook><workbookPr date1904="${from1904 ? 1 : 0}"/><sheets>${names
      .map(
        (name, at) =>
          `<sheet name="${name}" sheetId="${at + 1}" r:id="rId${at + 1}"${hidden.includes(name) ? ' state="hidden"' : ''}/>`,
      )
      .join('')}</sheets></workbook>`,
  );
  add(
    'xl/_rels/workbook.xml.rels',
    `<Relationships>${names.map((_, at) => `<Relationship Id="rId${at + 1}" Target="worksheets/sheet${at + 1}.xml"/>`).join('')}</Relationships>`,
  );
  for (const [at, name] of names.entries())
    add(
      `xl/worksheets/sheet${at + 1}.xml`,
      `<worksheet><sheetData>${(sheets[name] ?? '').split('|')[0]}</sheetData>${(sheets[name] ?? '').split('|')[1] ?? ''}</worksheet>`,
    );
  add('xl/styles.xml', `<styleSheet>${styles}</styleSheet>`);
  add('xl/sharedStrings.xml', `<sst>${texts.map((text) => `<si>${text}</si>`).join('')}</sst>`);
  zip.end();
  return buffer(zip.outputStream as Readable);
}

/** A row of a sheet; an empty text is a cell that is not there. */
export const row = (line: number, ...cells: string[]) =>
  `<row r="${line}">${cells.map((cell, at) => (cell === '' ? '' : cell.replace('<c', `<c r="${String.fromCharCode(65 + at)}${line}"`))).join('')}</row>`;
export const text = (words: string) => `<c t="inlineStr"><is><t>${words}</t></is></c>`;
export const number = (value: string, style = 0) => `<c s="${style}"><v>${value}</v></c>`;
