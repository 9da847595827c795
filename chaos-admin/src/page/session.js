// Signing in: a token is typed once, and becomes a cookie that no script can read.

import { call } from './api.js';
import { $, text } from './document.js';

/** Asks for a token when the service wants one; `signedIn` is called after each success. */
export function session(signedIn) {
  const form = $('session');
  const show = (why) => {
    form.hidden = false;
    text($('session-error'), why);
    $('token').focus();
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const token = $('token').value.trim();
    try {
      await call('POST', '/session', { headers: { authorization: `Bearer ${token}` } });
      form.hidden = true;
      $('token').value = '';
      signedIn();
    } catch (problem) {
      show(problem.message);
    }
  });
  $('sign-out').addEventListener('click', async () => {
    await call('DELETE', '/session');
    location.reload();
  });
  $('other-token').addEventListener('click', () => (form.hidden ? show('') : (form.hidden = true)));
  return {
    /** Whether the service answers, but not to this client; it is asked for a token then. */
    async isRefused() {
      try {
        await call('GET', '/status', { patience: 2000 });
      } catch (problem) {
        if (problem.status === 401) {
          if (form.hidden) show('');
          return true;
        }
      }
      return false;
    },
  };
}
