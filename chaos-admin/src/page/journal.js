// The journal: what happened, newest first. Injections are counted in the lanes, and listed only when all is shown.

import { $, el, put } from './document.js';
import { actor } from './headline.js';
import { clock, count, milliseconds, ms, pressure, spaced } from './words.js';

const FEW = 8;
const MANY = 300;
let showsAll = false;

function ended({ reason }) {
  if (typeof reason === 'string') return spaced(reason);
  const [[kind, about]] = Object.entries(reason);
  return kind === 'aborted' ? `aborted: ${about}` : `${kind} by ${actor(about.by)}${about.because ? `: ${about.because}` : ''}`;
}

const by = (entry) => `${actor(entry.by)}${entry.because ? `: ${entry.because}` : ''}`;
const site = ({ service, kind }) => `${service} (${kind})`;

/** The kind of an entry, what it is about, and its actor. */
const WORDS = {
  started: (e) => [
    'started',
    `${e.experiment}${e.dry_run ? ', as a dry run' : ''}`,
    by(e) + (e.approved_by ? `, approved by ${e.approved_by}` : ''),
  ],
  waiting: (e) => ['waits', `${e.experiment}: ${e.why}`],
  refused: (e) => ['refused', `${e.experiment}: ${e.why}`],
  injected: (e) => [
    'hit',
    `${e.operation} at ${site(e)}: ${spaced(e.fault)}${milliseconds(e.delay) ? `, ${ms(milliseconds(e.delay))}` : ''}${e.failure ? `, ${e.failure}` : ''}`,
    e.experiment,
  ],
  ended: (e) => [
    e.reason.aborted ? 'aborted' : 'ended',
    `${e.experiment}, ${ended(e)}; ${count(e.injected)} hit${e.why_idle ? `: ${e.why_idle}` : ''}`,
  ],
  undo_failed: (e) => ['undo failed', `${e.failed} of ${e.experiment}`],
  undo_pending: (e) => ['undo runs', e.experiment],
  unmatched: (e) => ['unmatched', `${e.experiment} selects ${e.selects}`],
  matched: (e) => ['matched', `${e.experiment} at ${site(e)}`],
  misspelt_protection: (e) => ['misspelt', `the protected service ${e.protected}; ${e.service} is not protected`],
  not_supported: (e) => ['not supported', `${e.experiment} at ${site(e)}`],
  misuse: (e) => ['misuse', `${site(e)}: ${spaced(JSON.stringify(e.misuse).replace(/["{}]/g, ''))}`],
  dominant_key: (e) => ['dominant key', `${e.key} at ${site(e)}: a rate strikes all of its operations or none`],
  pressure: (e) => [
    `pressure ${spaced(e.change)}`,
    `${spaced(e.kind)} of ${e.experiment}: ${(pressure[e.unit] ?? String)(e.achieved)} of ${(pressure[e.unit] ?? String)(e.requested)}${e.why ? `: ${e.why}` : ''}`,
  ],
  file_matched: (e) => ['file', `${e.path} has ${e.experiments.join(', ') || 'no experiment'}`],
  file_refused: (e) => ['refused', `${e.path}: ${e.why}`],
  watching_halt_file: (e) => ['watches', `the halt file ${e.path}`],
  halted: (e) => ['halted', 'everything', by(e)],
  resumed: (e) => ['resumed', 'experiments may start', by(e)],
  gap: (e) => ['gap', `${count(e.entries)} entries are not kept any more`],
  restarted: () => ['restarted', 'the service has been started again'],
};

function item(entry) {
  const words = WORDS[entry.event];
  const [kind, what, source] = words ? words(entry) : [spaced(entry.event), entry.experiment ?? ''];
  return el(
    'li',
    { class: kind },
    el('time', { class: 'soft' }, clock(entry.time)),
    el('span', {}, el('b', {}, kind), ` ${what} `, source && el('span', { class: 'soft' }, `\u00b7 ${source}`)),
  );
}

export function journal(model) {
  const shown = [];
  for (let i = model.journal.length - 1; i >= 0 && shown.length < (showsAll ? MANY : FEW); i -= 1) {
    const entry = model.journal[i];
    if (showsAll || entry.event !== 'injected') shown.push(entry);
  }
  put($('journal'), shown.map(item));
  $('whole').hidden = !showsAll && shown.length === model.journal.length;
}

export function journalButton(redraw) {
  $('whole').addEventListener('click', () => {
    showsAll = !showsAll;
    $('whole').textContent = showsAll ? 'show the newest only' : `show the last ${MANY}, with each hit`;
    $('whole').setAttribute('aria-expanded', showsAll);
    redraw();
  });
}
