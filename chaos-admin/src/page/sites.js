// The sites with what they support, and why nothing fires there.

import { call } from './api.js';
import { $, el, put, text } from './document.js';
import { key } from './model.js';
import { count, spaced } from './words.js';

const hits = (model, site, experiment) => model.hits.get(key(site))?.get(experiment) ?? 0;

/** The words for what happens at a site. */
function happens(model, site) {
  if (site.protected) return 'protected from every experiment';
  const words = site.experiments.map((name) => `${name}: ${hits(model, site, name) ? 'fires' : 'nothing hit yet'}`);
  return words.join('; ') || 'no experiment concerns it';
}

export function sites(model) {
  put(
    $('sites'),
    model.sites.map((site) =>
      el(
        'tr',
        {},
        el('th', { scope: 'row' }, site.service, el('small', {}, site.kind)),
        el(
          'td',
          { class: 'n', 'data-name': 'hit' },
          count(site.experiments.reduce((sum, name) => sum + hits(model, site, name), 0)),
        ),
        el('td', {}, happens(model, site)),
        el('td', { class: 'soft' }, site.supports.map((one) => spaced(one.fault)).join(', ')),
      ),
    ),
  );
  const services = [...new Set(model.sites.map((site) => site.service))];
  put(
    $('explain-services'),
    services.map((service) => el('option', { value: service })),
  );
  const operations = new Set(model.sites.flatMap((site) => [...(model.operations.get(key(site))?.keys() ?? [])]));
  put(
    $('explain-operations'),
    [...operations].map((operation) => el('option', { value: operation })),
  );
}

const form = $('explain-form');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const query = new URLSearchParams(new FormData(form));
  try {
    const { text: answer } = await call('GET', `/explain?${query}`);
    text($('explained'), answer.trim());
  } catch (problem) {
    text($('explained'), problem.message);
  }
});

// ---- why an experiment that runs hits nothing ---------------------------------------------------------------------------

const REASONS = new Map();
/** An experiment is asked about again after so long. */
const ASKED_EVERY = 5000;

/** Why a running experiment has hit nothing yet, as the service explains it; nothing while it is not known. */
export function whyIdle(model, one) {
  if (one.injected || !one.state.running || !one.experiment.blast_radius || one.experiment.blast_radius.everything) {
    REASONS.delete(one.etag);
    return null;
  }
  const known = REASONS.get(one.etag);
  if (!known || performance.now() - known.at > ASKED_EVERY) {
    REASONS.set(one.etag, { at: performance.now(), words: known?.words });
    ask(model, one);
  }
  return REASONS.get(one.etag).words ?? null;
}

async function ask(model, one) {
  const radius = one.experiment.blast_radius;
  const service = [
    radius.calls_to ?? radius.requests_to ?? radius.queries_on ?? radius.streams_to ?? radius.points_at ?? radius.services,
  ].flat()[0];
  const site = model.sites.find((candidate) => candidate.service === service);
  const met = site && [...(model.operations.get(key(site))?.keys() ?? [])].at(-1);
  const query = new URLSearchParams({ service, operation: met ?? radius.operation ?? 'any operation' });
  try {
    const { answers, text: answer } = await call('GET', `/explain?${query}`);
    const own = answers.find((candidate) => candidate.experiment === one.name);
    const line = answer.split('\n').find((candidate) => candidate.startsWith(`\`${one.name}\``));
    const words = own?.why_not
      ? line?.replace(/^.*?: /, 'nothing hit yet: ')
      : 'nothing hit yet: no matching operation since its start';
    REASONS.set(one.etag, { at: performance.now(), words });
  } catch {
    // It is asked again.
  }
}
