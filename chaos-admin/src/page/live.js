// The live page, put together. What is drawn is a function of the model, about once a second.

import { approvals, request } from './approvals.js';
import { because, call } from './api.js';
import { $, el, put, text } from './document.js';
import { follow } from './feed.js';
import { halting } from './halt.js';
import { headline } from './headline.js';
import { journal, journalButton } from './journal.js';
import { key } from './model.js';
import { readings } from './readings.js';
import { followCursor, recorder } from './recorder.js';
import { session } from './session.js';
import { sites, whyIdle } from './sites.js';
import { end, renews, starting } from './start.js';

const said = (words) => text($('said'), words);
const signIn = session(() => {
  text($('halt-problem'), '');
  $('runs').focus();
  feed.open();
});
const feed = follow({ changed: draw, isRefused: signIn.isRefused });
const { model } = feed;

const halt = halting({
  makeRoom: feed.lost,
  said,
  answered: (problem) => {
    text($('halt-problem'), problem ? `HALT was refused: ${problem.message}` : '');
    feed.open();
  },
});

const page = {
  isOperator: () => model.client?.role === 'operator',
  renews,
  whyIdle: (one) => whyIdle(model, one),
  end: (name) => end(name).catch((problem) => said(`${name} could not be ended: ${problem.message}`)),
};

const start = starting(model, { request });

/** The site whose operations are plotted: what the reader has chosen, or else the first server. */
function chosenSite() {
  const names = model.sites.map(key);
  put(
    $('effects-at'),
    names.map((name) => el('option', {}, name)),
  );
  if (!$('effects-at').dataset.chosen) {
    const server = model.sites.find((site) => site.kind === 'server') ?? model.sites[0];
    if (server) $('effects-at').value = key(server);
  }
  return $('effects-at').value;
}
$('effects-at').addEventListener('change', () => {
  $('effects-at').dataset.chosen = 'yes';
  draw();
});

function draw() {
  const hasState = Boolean(model.status);
  const site = hasState ? chosenSite() : '';
  const state = headline(model, site, said);
  if (!hasState) return;
  const isHalted = state === 'halted';
  if (!halt.isHalting()) text($('halt').querySelector('span'), isHalted ? 'HALTED' : 'HALT');
  $('resume-form').hidden = !isHalted || !page.isOperator();
  $('read-only').hidden = page.isOperator();
  $('start').hidden = !page.isOperator();
  if (!start.hasChoice()) start.fit();
  recorder(model, site, page);
  readings(model);
  sites(model);
  approvals(model, page);
  journal(model);
}

$('resume-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    await call('POST', '/resume', { headers: because($('resume-why').value) });
    $('resume-why').value = '';
    $('runs').focus();
  } catch (problem) {
    said(problem.message);
    text($('halt-problem'), problem.message);
  }
});
journalButton(draw);
followCursor(model, draw);
