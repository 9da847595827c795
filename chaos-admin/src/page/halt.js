// HALT: by the button, and by Escape, which types nothing and so works everywhere on the page.

import { call, because } from './api.js';
import { $, text } from './document.js';

const RETRY = 500;
const PATIENCE = 2000;

/** Halts until it is answered, over a connection of its own; `makeRoom` closes the others. */
export function halting({ makeRoom, answered, said }) {
  const label = $('halt').querySelector('span');
  let isHalting = false;

  async function halt(event) {
    event?.preventDefault();
    if (isHalting) return;
    isHalting = true;
    said('Halting');
    let problem = null;
    for (let tries = 1; ; tries += 1) {
      text(label, tries > 1 ? `HALTING, try ${tries}` : 'HALTING');
      try {
        await call('POST', '/halt', { headers: because('from the page'), patience: PATIENCE });
        problem = null;
        break;
      } catch (caught) {
        problem = caught;
        // Refused: another try would be, too. Everything else is tried again.
        if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) break;
      }
      makeRoom();
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
    isHalting = false;
    text(label, problem ? 'HALT' : 'HALTED');
    said(
      problem ? `HALT was refused: ${problem.message}. From a shell: chaos-lab halt, or the halt file.` : 'The halt was answered',
    );
    answered(problem);
  }

  $('halt').addEventListener('submit', halt);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing && !event.repeat) halt(event);
  });
  return { isHalting: () => isHalting };
}
