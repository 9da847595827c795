// Requests for approval: each with its hash and the command that signs it. No private key comes near a browser.

import { because, call } from './api.js';
import { $, button, el, put, text } from './document.js';
import { keep } from './start.js';
import { milliseconds } from './words.js';

const path = (name) => `/requests/${encodeURIComponent(name)}`;

/** Asks for an approval of a document; the reason is the text of consent. */
export async function request(document, consent) {
  const headers = { 'content-type': 'application/yaml', ...because(consent) };
  const { experiment, needs } = await call('POST', '/requests', { headers, body: document });
  return `Asked for an approval of ${experiment} by an approver in the role ${needs} or a higher one. It is listed under \u201cWaits for approval\u201d.`;
}

const parts = new Map();

function stateOf(one) {
  if (!one.why_not) return 'Approved; it may start, any number of times until the end of its approval.';
  return one.approvals.length ? `Not yet: ${one.why_not}` : 'No approver has signed it yet.';
}

/** One request; its node stays the same, so that a signature that is being pasted stays. */
function part(one, page) {
  let p = parts.get(one.experiment);
  if (p?.text !== one.text) {
    p = made(one, page);
    parts.set(one.experiment, p);
  }
  put(p.chip, one.risk);
  put(p.state, stateOf(one));
  p.state.className = one.why_not ? 'small' : 'small good';
  p.start.hidden = !page.isOperator() || Boolean(one.why_not);
  p.withdraw.hidden = !page.isOperator();
  p.latest = one;
  return p.node;
}

function made(one, page) {
  const p = {
    text: one.text,
    chip: el('span', { class: `chip ${one.risk}` }),
    state: el('p'),
    error: el('p', { class: 'error', role: 'status' }),
  };
  const attempt = (act) => async () => {
    try {
      text(p.error, '');
      await act();
    } catch (problem) {
      text(p.error, problem.message);
    }
  };
  const signature = el('textarea', { spellcheck: 'false', rows: '3', placeholder: '-----BEGIN SSH SIGNATURE-----' });
  const give = attempt(async () => {
    const { why_not: why } = await call('POST', `${path(one.experiment)}/signature`, {
      headers: { 'content-type': 'text/plain' },
      body: signature.value,
    });
    if (why) text(p.error, why);
    else signature.value = '';
  });
  p.start = button(
    { class: 'button first' },
    'Start',
    attempt(() => start(p.latest)),
  );
  p.withdraw = button(
    { class: 'button' },
    'Withdraw',
    attempt(() => call('DELETE', path(one.experiment))),
  );
  p.node = el(
    'div',
    { class: 'approval' },
    el('h3', {}, one.experiment, ' ', p.chip),
    el('p', { class: 'small' }, `asked by ${one.by}; needs an approver in the role ${one.needs}`),
    p.state,
    el(
      'details',
      {},
      el('summary', {}, 'read it and approve it'),
      el('p', { class: 'small' }, 'Sign exactly this text, and paste the signature:'),
      el('pre', { tabindex: '0' }, one.text),
      el('pre', { tabindex: '0' }, 'ssh-keygen -Y sign -n chaos-rs -f ~/.ssh/id_ed25519 request.txt'),
      el(
        'p',
        { class: 'small' },
        el(
          'a',
          { download: 'request.txt', href: `data:text/plain;charset=utf-8,${encodeURIComponent(one.text)}` },
          'save the text as request.txt',
        ),
      ),
      el('details', {}, el('summary', {}, 'the experiment'), el('pre', { tabindex: '0' }, JSON.stringify(one.document, null, 2))),
      el('label', { class: 'field' }, el('span', {}, 'Signature'), signature),
      el('div', { class: 'actions' }, button({ class: 'button' }, 'Approve', give)),
    ),
    p.error,
    el('div', { class: 'actions' }, p.start, p.withdraw),
  );
  return p;
}

/** A lease may not be longer than the experiment. */
const shortest = ({ document }) => Math.min(10_000, milliseconds(document.time_limit ?? '5m'));

async function start(one) {
  const file = { version: 1, experiments: [one.document], approvals: one.approvals };
  const headers = { 'content-type': 'application/json', ...because('approved, from the page') };
  keep(await call('POST', `/experiments?lease=${shortest(one)}ms`, { headers, body: JSON.stringify(file) }));
}

export function approvals(model, page) {
  $('approvals').hidden = !model.requests.length;
  const nodes = model.requests.map((one) => part(one, page));
  const home = $('approval-list');
  if (nodes.length !== home.children.length || nodes.some((node, i) => home.children[i] !== node)) home.replaceChildren(...nodes);
}
