// Starting from the catalogue: a dry run first, then the start, which this page keeps alive by its lease.

import { because, call, named, Problem } from './api.js';
import { CATALOGUE, written } from './catalogue.js';
import { $, el, put, text } from './document.js';
import { isOver } from './model.js';
import { count, milliseconds, percent, spaced } from './words.js';

const DRY_RUN = 10_000;
const LEASE = 10_000;
const RENEWED_EVERY = 3000;

const form = $('start-form');
const entries = new Map(
  Object.values(CATALOGUE)
    .flat()
    .map((entry) => [entry.name, entry]),
);
/** The runs that this page keeps alive: etag -> { name, since }. */
const mine = new Map();
let passed = null;

const field = (name) => form.elements[name];
const chosen = () => entries.get(field('pick').value);
const isText = () => !$('text-field').hidden;

export const renews = (one) => mine.has(one.etag);

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
    who: model.client.name,
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
  input.setAttribute('aria-describedby', 'start-error');
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

/** The lease for a document: no longer than its time limit. */
const lease = (document) => Math.min(LEASE, milliseconds(document.match(/time_limit:\s*"?([^"\s]+)/)?.[1] ?? '') || LEASE);
const query = (document) => `lease=${lease(document)}ms`;

/** Decides for a while what would be hit, and applies nothing. */
async function dryRun(model) {
  passed = null;
  const document = toSend(model);
  await post(`/validate?${query(document)}`, document);
  const { experiments } = await post(`/experiments?dry_run=true&${query(document)}`, document, 'dry run from the page');
  const seconds = Math.min(DRY_RUN, lease(document) - 1000) / 1000;
  text($('outcome'), `Dry run of ${seconds} s: deciding what would be hit, and applying nothing.`);
  const deadline = model.now + seconds * 1000;
  const current = () => experiments.map(({ etag }) => model.experiments.find((one) => one.etag === etag));
  while (model.now < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    if (model.lostSince != null)
      throw new Problem(0, { detail: 'the feed was lost during the dry run, which ends by its lease' });
    const over = current().find((one) => one && isOver(one));
    if (over) throw new Problem(0, { detail: `the dry run of ${over.name} was ended before its time` });
  }
  const last = current().filter(Boolean);
  for (const one of last) await call('DELETE', named(one.name), { headers: because('the dry run is over') }).catch(() => {});
  // It may have changed meanwhile, as by a halt.
  await post(`/validate?${query(document)}`, document);
  passed = document;
  return `Dry run passed: ${last.map((one) => outcome(one, seconds)).join('; ')}. The policy allows it now.`;
}

function outcome(one, seconds) {
  const { struck, covered } = one.rate;
  if (one.experiment.blast_radius.everything) return 'the whole process would be under pressure';
  const of = covered ? ` of ${count(covered)}` : '';
  if (!one.injected) return `nothing${of} would have been hit. Does the operation match, and does the service have traffic?`;
  return `${count(struck)}${of} operations ${covered ? `(${percent((100 * struck) / covered)}) ` : ''}would have been hit in ${seconds} s`;
}

async function start() {
  const document = passed;
  keep(await post(`/experiments?${query(document)}`, document, 'from the page'));
  return `Started. It ends ${lease(document) / 1000} s after this page is closed or asleep, at its time limit, or by HALT.`;
}

/** Keeps experiments alive that this page has started. */
export function keep({ experiments }) {
  for (const { etag, name } of experiments) mine.set(etag, { name, since: performance.now() });
}

function renewAll(model) {
  for (const [etag, { name, since }] of mine) {
    const one = model.experiments.find((one) => one.etag === etag);
    // The model may be older than the start.
    const isKnown = model.lostSince == null && performance.now() - since > RENEWED_EVERY;
    if (isKnown && (!one || isOver(one))) {
      mine.delete(etag);
      continue;
    }
    call('PUT', `${named(name)}/lease`, { patience: RENEWED_EVERY }).catch((problem) => {
      // It has ended, or the page has another token now. While the service does not answer, it is tried again.
      if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) mine.delete(etag);
    });
  }
}

/** Ends an experiment, whatever started it. */
export const end = (name) => call('DELETE', named(name), { headers: because('ended from the page') });

// ---- the parts put together --------------------------------------------------------------------------------------------------

/** Makes the form work; `request` asks for the approval of a document. */
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
  const begin = () => {
    passed = null;
    $('go').disabled = true;
    $('ask').hidden = true;
  };
  form.addEventListener('input', begin);
  $('as-text').addEventListener('click', begin);
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
    // What is shown stays what is dry-run and started.
    $('fields').disabled = true;
    let problem = null;
    try {
      text($('outcome'), await act(model));
    } catch (caught) {
      problem = caught;
    }
    $('fields').disabled = false;
    $('go').disabled = passed == null;
    // What the policy refuses may be approved.
    if (problem?.needs) $('ask').hidden = false;
    if (problem) showProblem(problem);
    else if (act === dryRun) $('go').focus();
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
