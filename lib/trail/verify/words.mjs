/** What came of a check, in words. */

/** The exit code of each verdict; 4 is for what could not be checked at all. */
export const EXIT_CODES = { holds: 0, altered: 1, incomplete: 2, erased: 3 };

/** What no check of a trail alone can know. */
export const NOT_PROVEN =
  'What this does not prove: that whoever owns the database did not rewrite all of it at once, or leave out the end of a batch that was not over. Only a hash that somebody else kept would show that.';

/** {verdict, headline, where, facts}: sentences of plain text. */
export function inWords(report) {
  const { facts, findings, more, erased, notGiven, notes } = report;
  const name = facts.name === null ? 'This trail' : `The trail of “${facts.name}”`;
  const first = findings.find(({ kind }) => kind === report.verdict);
  const headline = {
    holds: `${name} holds. ${count(facts.receipts, 'receipt')} of ${count(facts.chunks, 'chunk')} are what was written, in the order in which it was written.`,
    altered: `${name} was altered${first ? `: ${place(first)}` : ''}.`,
    incomplete: `${name} is incomplete${first ? `: ${place(first)}` : ''}.`,
    erased: `${name} holds. ${count(erased, 'value')} of people ${erased === 1 ? 'was' : 'were'} erased on purpose; the receipts still stand.`,
  }[report.verdict];
  const ordered = [...findings].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'altered' ? -1 : 1));
  const where = ordered.map(
    ({ kind, file, line, says }) => `${file === null ? '' : `${place({ file, line })} (${kind}): `}${says}`,
  );
  if (more > 0) where.push(`And ${count(more, 'further finding')}.`);
  if (erased > 0 && report.verdict !== 'erased') where.push(`${count(erased, 'value')} erased on purpose.`);
  return { headline, where, facts: [...checked(facts), ...given(notGiven, facts), ...notes, NOT_PROVEN] };
}

function checked({ counted, sum }) {
  if (!counted || !sum) return [];
  const parts = ['done', 'skipped', 'failed', 'uncertain', 'notExecuted', 'inFlight', 'waiting'].filter((part) => sum[part] > 0);
  const words = { notExecuted: 'not executed', inFlight: 'in flight' };
  const terms = parts.map((part) => `${number(sum[part])} ${words[part] ?? part}`).join(' + ') || '0';
  return [
    `Checked: ${count(counted.decisions, 'decision')}, ${count(counted.requests, 'frozen request')}, ${count(counted.values, 'value')}, ${count(counted.corrections, 'correction')}.`,
    ...(counted.drawn > 0
      ? [
          `What decisions say that looks prove was drawn and reckoned again by the revealed seed: ${number(counted.drawn)} ${counted.drawn === 1 ? 'category' : 'categories'} of decisions.`,
        ]
      : []),
    ...proven(counted.factors),
    ...classified(counted.classifiedBy),
    ...(counted.attestations > 0
      ? [`${count(counted.attestations, 'attestation')} of agents, who say what they did. None of it is in the sum.`]
      : []),
    `${number(sum.approved)} approved = ${terms}.`,
  ];
}

/** With what whoever approved and released had proved last who they are. */
function proven(factors) {
  const words = {
    password: 'with a password',
    totp: 'with a code',
    passkey: 'with a passkey',
    none: 'with an API key, or with nothing',
  };
  const told = Object.entries(words).flatMap(([factor, how]) => (factors[factor] ? [`${number(factors[factor])} ${how}`] : []));
  return told.length > 0 ? [`Receipts of approvals and releases, by how it was proved who decided: ${told.join(', ')}.`] : [];
}

/** What classified the items, by kind, the most first. */
function classified(by) {
  const words = { person: 'people', agent: 'agents', model: 'a model', manual: 'nobody yet', undo: 'what it undoes' };
  const told = Object.entries(by).sort(([, one], [, other]) => other - one);
  if (told.length === 0) return [];
  return [`Items by what classified them: ${told.map(([kind, items]) => `${words[kind] ?? kind} ${number(items)}`).join(', ')}.`];
}

function given(notGiven, { role }) {
  if (notGiven.length === 0) return [];
  return [
    `Not given to your role${role ? ` (${role})` : ''}: ${notGiven.join(', ')}. Their digests are there, and were checked against each other.`,
  ];
}

function place({ file, line, says }) {
  if (file === null) return says.replace(/\.$/, '');
  return line === null ? file : `line ${line} of ${file}`;
}

function number(value) {
  return value.toLocaleString('en-US');
}

function count(value, noun) {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}
