/** In a browser: START-HERE.html takes the zip and tells the verdict. */
import { verifyTrail } from './checks.mjs';
import { sha256 } from './sha256.mjs';
import { EXIT_CODES, inWords } from './words.mjs';
import { BadZip, openZip } from './zip.mjs';

const GLYPHS = { holds: '✔', altered: '✕', incomplete: '!', erased: '✔' };

const input = document.querySelector('#zip');
const drop = document.querySelector('#drop');
const verdict = document.querySelector('#verdict');

input.addEventListener('change', () => input.files[0] && check(input.files[0]));
for (const kind of ['dragover', 'dragleave', 'drop'])
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', kind === 'dragover');
    if (kind === 'drop' && event.dataTransfer.files[0]) check(event.dataTransfer.files[0]);
  });

async function check(file) {
  show('', `Checking ${file.name} …`, [], []);
  try {
    const read = async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
    const report = await verifyTrail(await openZip({ size: file.size, read }, unpacked), sha256);
    const { headline, where, facts } = inWords(report);
    show(report.verdict, `${GLYPHS[report.verdict]} ${headline}`, where, facts);
  } catch (error) {
    const kind = error instanceof BadZip && Object.hasOwn(EXIT_CODES, error.kind) ? error.kind : 'altered';
    show(kind, `${GLYPHS[kind]} ${file.name} can’t be read as a trail: ${error.message}`, [], []);
  }
}

function unpacked(packed) {
  const iterator = packed[Symbol.asyncIterator]();
  const source = new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  return chunksOf(source.pipeThrough(new DecompressionStream('deflate-raw')));
}

/** Not every browser walks a stream by itself. */
async function* chunksOf(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** Only as text: what a trail says is from outside. */
function show(kind, headline, where, facts) {
  verdict.className = kind;
  verdict.replaceChildren(element('h2', headline), list(where), list(facts));
}

function list(lines) {
  const all = element('ul', '');
  all.append(...lines.map((line) => element('li', line)));
  return lines.length > 0 ? all : '';
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
