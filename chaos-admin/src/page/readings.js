// Business readings, as a lab that runs experiments posts them.

import { $, el, put, text } from './document.js';
import { ago, number, spaced } from './words.js';

const UNITS = { percent: '\u00a0%', seconds: '\u00a0s', milliseconds: '\u00a0ms' };
const value = (one) =>
  one.value == null ? 'not known' : `${number(one.value)}${one.unit ? (UNITS[one.unit] ?? ` ${spaced(one.unit)}`) : ''}`;

export function readings(model) {
  $('readings-part').hidden = !model.readings.length;
  put(
    $('readings'),
    model.readings.map((one) =>
      el(
        'tr',
        {},
        el('th', { scope: 'row' }, one.name),
        el('td', { class: 'n' }, value(one)),
        el('td', {}, one.limit ?? ''),
        el('td', { class: { holds: 'good', broken: 'bad' }[one.state] ?? 'doubt' }, one.state),
        el('td', { class: 'soft' }, `${one.by}, ${ago(model.now - Date.parse(one.at))}`),
      ),
    ),
  );
}
