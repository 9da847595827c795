// Starting from the catalogue: a dry run first, then the start, which this page keeps alive by its lease.

import { because, call, named, Problem } from './api.js';
import { CATALOGUE, written } from './catalogue.js';
import { $, el, put, text } from './document.js';
import { isOver, isRunning } from './model.js';
import { count, percent, spaced } from './words.js';

const DRY_RUN = 10_000;
const LEASE = '10s';
const RENEWED_EVERY = 3000;

const form = $('start-form');
const entries = new Map(
  Object.values(CATALOGUE)
    .flat()
    .map((entry) => [entry.name, entry]),
);
/** The names of the experiments that this page keeps alive, and since when. */
const mine = new Map();
let passed = null;

const field = (name) => form.elements[name];
const chosen = () => entries.get(field('pick').value);
const isText = () => !$('text-field').hidden;

export const renews = (name) => mine.has(name);

// ---- the form -------------------------------------------------------------------------------------------------------------

/** Whether a site can apply the fault of an entry. */
function supports(site, entry) {
  const kind = entry.fault.split(':')[0];
  return site.supports.some((one) => one.fault === kind && one.phases.includes(entry.phase ?? 'before'));
}

/** Offers the sites that can apply what is chosen, and its own values. */
function fit(model) {
  const entry = chosen();
  const isProcess = entry.at[0] === 'process';
  const able = isProcess ? [] : model.sites.filter((site) => supports(site, entry));
  const best = (site) => (entry.at.indexOf(site.kind) + entry.at.length + 1) % (entry.at.length + 1);
  able.sort((a, b) => best(a) - best(b));
  const options = able.map((site) => el('option', { value: `${site.kind} ${site.service}` }, `${site.service} (${site.kind})`));
  put(field('site'), isProcess ? el('option', { value: '' }, 'the whole process') : options);
  field('site').selectedIndex = 0;
  for (const name of ['operation', 'rate']) field(name).disabled = isProcess;
  field('rate').value = entry.transaction_rate ?? entry.rate ?? '';
  text($('rate-name'), entry.transaction_rate ? 'Share of transactions' : 'Share of operations');
  field('operation').value = entry.operation ?? '*';
  field('limit').value = entry.limit ?? '60s';
  field('why').value = entry.why;
  field('fault').value = entry.fault;
}

function experiment(model) {
  const entry = chosen();
  const [kind, ...service] = field('site').value.split(' ');
  const site = kind && { kind, service: service.join(' ') };
  return written({
    name: site ? `${entry.name} at ${site.service}` : entry.name,
    why: field('why').value.trim(),
    fault: field('fault').value,
    phase: entry.phase,
    site,
    operation: field('operation').value.trim(),
    rate: field('rate').value.trim(),
    isOfTransactions: Boolean(entry.transaction_rate),
    limit: field('limit').value.trim(),
    who: model.status.client.name,
    // A service that does not state its environment counts as production.
    environment: model.status.environment ?? 'production',
  });
}

const toSend = (model) => (isText() ? $('text').value : experiment(model));

// ---- errors, in their places -------------------------------------------------------------------------------------------------

const FIELDS = {
  rate: 'rate',
  transaction_rate: 'rate',
  time_limit: 'limit',
  operation: 'operation',
  fault: 'fault',
  why: 'why',
};

function clearErrors() {
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
  text($('start-error'), '');
  form.append($('start-error'));
}

/** Shows an error beside the field, or the line of the text, that it is about. */
function showProblem(problem) {
  clearErrors();
  const key = problem.key
    ?.split('.')
    .map((part) => FIELDS[part])
    .find(Boolean);
  const input = isText() ? $('text') : (key && field(key)) || field('fault');
  // A field shows where it is, so the message need not.
  const [, about] = (key && problem.message.match(/^body:\d+:\d+: [\w.[\]]+: (.*)$/s)) ?? [];
  text($('start-error'), isText() ? problem.message.replace(/^body:(\d+):\d+: /, 'line $1: ') : (about ?? problem.message));
  (input.closest('.pair') ?? input.closest('.field')).append($('start-error'));
  if (isText() || key) input.setAttribute('aria-invalid', 'true');
  input.focus();
  if (isText() && problem.line) {
    const lines = input.value.split('\n');
    const from = lines.slice(0, problem.line - 1).join('\n').length + (problem.line > 1 ? 1 : 0);
    input.setSelectionRange(from, from + lines[problem.line - 1].length);
  }
  text($('outcome'), 'Nothing was started.');
}

// ---- dry run and start -----------------------------------------------------------------------------------------------------

const YAML = { 'content-type': 'application/yaml' };
const post = (path, body, reason) => call('POST', path, { headers: { ...YAML, ...because(reason) }, body });

/** Decides for a while what would be hit, and applies nothing. */
async function dryRun(model) {
  const document = toSend(model);
  const [{ name }] = (await post(`/experiments?dry_run=true&lease=${LEASE}`, document, 'dry run from the page')).experiments;
  text($('outcome'), `Dry run of ${DRY_RUN / 1000} s: deciding what would be hit, and applying nothing.`);
  // The service counts until its end; the last state before it has the figures.
  let last = null;
  const deadline = model.now + DRY_RUN - 500;
  while (model.now < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const current = model.experiments.find((one) => one.name === name && isRunning(one));
    if (!current && last) break;
    last = current ?? last;
    if (model.lostSince != null) throw new Problem(0, { detail: 'the feed was lost during the dry run; it ends by its lease' });
  }
  await call('DELETE', named(name), { headers: because('the dry run is over') }).catch(() => {});
  passed = document;
  return outcome(last);
}

function outcome(one) {
  if (!one) return 'Dry run passed. It ended before it could be counted.';
  const { struck, covered } = one.rate;
  if (one.experiment.blast_radius.everything)
    return 'Dry run passed: the policy allows it now, and the whole process would be under pressure.';
  if (!one.injected)
    return `Dry run passed, but nothing would have been hit${covered ? ` of ${count(covered)} operations` : ''}. Does the operation match, and does the service have traffic?`;
  const share = covered ? ` of ${count(covered)} operations (${percent((100 * struck) / covered)})` : ' operations';
  return `Dry run passed: ${count(struck)}${share} would have been hit in ${DRY_RUN / 1000} s, and the policy allows it now.`;
}

async function start() {
  const document = passed;
  const started = await post(`/experiments?lease=${LEASE}`, document, 'from the page');
  keep(started);
  return `Started. It ends ${LEASE} after this page is closed, at its time limit, or by HALT.`;
}

/** Keeps experiments alive that this page has started. */
export function keep({ experiments }) {
  for (const { name } of experiments) mine.set(name, performance.now());
}

function renewAll(model) {
  const ended = (name) => model.experiments.every((one) => one.name !== name || isOver(one));
  for (const [name, since] of mine) {
    // The model may be older than the start.
    const isKnown = model.lostSince == null && performance.now() - since > RENEWED_EVERY;
    if (isKnown && ended(name)) {
      mine.delete(name);
      continue;
    }
    call('PUT', `${named(name)}/lease`, { patience: RENEWED_EVERY }).catch((problem) => {
      // It has ended. While the service does not answer, it is tried again.
      if (problem.status === 404 || problem.status === 409) mine.delete(name);
    });
  }
}

/** Ends an experiment of anybody. */
export async function end(name) {
  mine.delete(name);
  await call('DELETE', named(name), { headers: because('ended from the page') });
}

// ---- the parts put together --------------------------------------------------------------------------------------------------

/** Makes the form work; `refused` is asked about a document that needs an approval. */
export function starting(model, { request }) {
  put(
    field('pick'),
    Object.entries(CATALOGUE).map(([group, list]) =>
      el(
        'optgroup',
        { label: group },
        list.map(({ name }) => el('option', { value: name }, spaced(name.replaceAll('-', ' ')))),
      ),
    ),
  );
  field('pick').addEventListener('change', () => fit(model));
  setInterval(renewAll, RENEWED_EVERY, model);
  form.addEventListener('input', () => {
    passed = null;
    $('go').disabled = true;
    $('ask').hidden = true;
  });
  $('as-text').addEventListener('click', () => {
    const toText = !isText();
    if (toText) $('text').value = experiment(model);
    $('as-form').hidden = toText;
    $('text-field').hidden = !toText;
    $('as-text').setAttribute('aria-pressed', toText);
    clearErrors();
  });
  const acting = (act) => async () => {
    clearErrors();
    for (const id of ['dry', 'go', 'ask']) $(id).disabled = true;
    try {
      text($('outcome'), await act(model));
    } catch (problem) {
      // What the policy refuses may be approved.
      if (problem.needs) $('ask').hidden = false;
      showProblem(problem);
    }
    for (const id of ['dry', 'ask']) $(id).disabled = false;
    $('go').disabled = passed == null;
    if (passed != null) $('go').focus();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    acting(dryRun)();
  });
  $('go').addEventListener('click', acting(start));
  $('ask').addEventListener(
    'click',
    acting(() => request(toSend(model), field('why').value)),
  );
  return { fit: () => fit(model), hasChoice: () => field('site').options.length > 0 };
}
