// Requests to the API of the service.

const PATIENCE = 10_000;

/** An error of the API, with the line and key of a document where it names them, and the approver that a start needs. */
export class Problem extends Error {
  constructor(status, { detail, title, line, key, needs } = {}) {
    super(detail ?? title ?? `the service replied with ${status}`);
    Object.assign(this, { status, line, key, needs });
  }
}

/** Sends a request, and returns what the reply contains. */
export async function call(method, path, { headers, body, patience = PATIENCE } = {}) {
  let reply;
  try {
    reply = await fetch(`v1${path}`, { method, headers, body, signal: AbortSignal.timeout(patience) });
  } catch {
    throw new Problem(0, { detail: 'the service does not answer' });
  }
  const content = await reply.text();
  const is = (type) => reply.headers.get('content-type')?.startsWith(type);
  const value = is('application/json') || is('application/problem+json') ? JSON.parse(content) : content;
  if (!reply.ok) throw new Problem(reply.status, value);
  return value;
}

/** A reason as a header: it is UTF-8, and headers are bytes. */
export const because = (reason = '') => {
  const bytes = new TextEncoder().encode(reason.trim());
  return reason.trim() ? { 'chaos-reason': String.fromCharCode(...bytes) } : {};
};

export const named = (name) => `/experiments/${encodeURIComponent(name)}`;
