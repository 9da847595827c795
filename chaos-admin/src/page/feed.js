// The feed: one connection, which is opened again when it fails or falls silent.
//
// A browser has few connections for one service, and a halt needs one: a page that is not looked at has none, and a halt
// that is not answered at once closes this one.

import { call } from './api.js';
import { addEntry, addGap, addState, newModel } from './model.js';

/** A feed that sends no state for so long is dead; the service sends one each second. */
const SILENCE = 3500;
const RETRY = 1000;
const IDENTIFIED_EVERY = 5000;

async function identify(model) {
  const { client } = await call('GET', '/status').catch(() => model);
  model.client = client;
}

/** Reads what the journal has, page by page: all of it at once would keep the browser busy. */
async function readHistory(model) {
  for (;;) {
    const { items, next } = await call('GET', `/journal?since=${model.next}`);
    if (!items.length) return;
    for (const { entry, gap } of items) entry ? addEntry(model, entry) : addGap(model, gap);
  }
}

/** Keeps a model up to date, and calls `changed` with it about once a second. */
export function follow({ changed, isRefused }) {
  const model = newModel();
  let source = null;
  let heard = 0;
  let pending = null;

  async function open() {
    clearTimeout(pending);
    close();
    if (document.hidden) return;
    heard = performance.now();
    const opening = (source = { close() {} });
    try {
      await identify(model);
      await readHistory(model);
    } catch {
      if (source === opening) lost();
      return;
    }
    if (source !== opening) return;
    source = new EventSource(`v1/live?since=${model.next}`);
    source.addEventListener('entry', (event) => addEntry(model, JSON.parse(event.data)));
    source.addEventListener('gap', (event) => addGap(model, JSON.parse(event.data)));
    source.addEventListener('state', (event) => {
      heard = performance.now();
      Object.assign(model, { lostSince: null, tries: 0, isRefused: false });
      const state = JSON.parse(event.data);
      const isRestarted = state.status.journal_next < model.next;
      addState(model, state);
      changed(model);
      // The journal of the new process is read from its beginning.
      if (isRestarted) open();
    });
    source.addEventListener('error', lost);
  }

  function close() {
    source?.close();
    source = null;
  }

  function lost() {
    close();
    model.lostSince ??= performance.now() - 1000;
    model.tries += 1;
    changed(model);
    clearTimeout(pending);
    pending = setTimeout(async () => {
      model.isRefused = await isRefused();
      if (model.isRefused) changed(model);
      else open();
    }, RETRY);
  }

  setInterval(() => {
    if (source && performance.now() - heard > SILENCE) lost();
    else if (model.lostSince != null) changed(model);
  }, 1000);
  // Another tab may have signed in with another token.
  setInterval(() => source && identify(model), IDENTIFIED_EVERY);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) return open();
    close();
    document.title = `not watched: ${document.title}`;
  });
  open();
  return { model, open, lost };
}
