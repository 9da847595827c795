// What the page offers to start: the faults of the catalogue of chaos-lab, by the names that they have there, each with the
// kinds of sites that it is meant for, best first. What a scenario adds (load, objectives) is the lab's.

const entry = (name, why, fault, radius = share('100%')) => ({ name, why, fault, ...radius });
const share = (rate, more) => ({ rate, ...more });
const at = (kinds, ...entries) => entries.map((one) => ({ at: kinds, ...one }));
const statements = (rate, more) => share(rate, { operation: '* *', ...more });

export const CATALOGUE = {
  service: at(
    ['server', 'point'],
    entry('slow-response', 'do callers wait for a service that answers late?', 'latency: 5s', share('20%')),
    entry('random-failure', 'do callers try again when one of many requests fails?', 'error: unavailable', share('15%')),
    entry('unavailable', 'do callers get a clear answer while the service is down?', 'error: unavailable'),
    entry('rate-limit', 'do callers slow down when they are told to?', 'rate_limit: { count: 10, period: 60s }'),
  ),
  'external service': at(
    ['client', 'point'],
    entry('external-slow', 'does the service answer in time while a dependency is slow?', 'latency: 8s', share('20%')),
    entry('external-failure', 'does the service try again when a dependency fails?', 'error: unavailable', share('20%')),
    entry('external-timeout', 'does the service give up on a silent dependency?', 'timeout: 20s', share('20%')),
    entry('external-unavailable', 'does the service do without a dependency?', 'error: refused'),
    entry('circuit-breaker-trip', 'does the circuit breaker open, and close afterwards?', 'error: unavailable', share('50%')),
  ),
  database: at(
    ['database'],
    entry('slow-query', 'does the service answer in time while queries are slow?', 'latency: 3s', statements('5%')),
    entry('query-timeout', 'does the service give up on a query that does not end?', 'timeout: 15s', statements('3%')),
    entry('deadlock', 'does the service try a transaction again?', 'error: deadlock', { transaction_rate: '5%' }),
    entry('pool-exhaustion', 'does it try again?', 'error: too_many_connections', share('30%', { operation: 'acquire' })),
    entry('database-outage', 'does the service survive it?', 'error: unavailable', share('100%', { limit: '30s' })),
    entry('failover', 'does the service reconnect?', 'error: closed', statements('100%', { limit: '5s' })),
  ),
  network: at(
    ['client', 'stream'],
    entry('network-latency', 'does the service answer in time while the network is slow?', 'latency: 200ms'),
    entry('latency-spike', 'does it outlast a moment of silence?', 'latency: { uniform: [4s, 10s] }', share('10%')),
    entry('connection-failure', 'does the service try again when a connection breaks?', 'disconnect: reset', share('20%')),
    entry('packet-loss', 'does it answer in time?', 'loss: { packets: 15% }', share('100%', { phase: 'during' })),
  ),
  resources: at(
    ['process'],
    entry('cpu', 'does the service answer in time while others use its cores?', 'exhaust: { cpu: { workers: 2, duty: 25% } }'),
    entry('memory', 'does the service stay within its limits?', 'exhaust: { memory: { bytes: 256MB } }'),
    entry('disk-io', 'does it answer in time?', 'exhaust: { disk_io: { workers: 1, bytes_per_second: 10MB } }'),
  ),
};

/** How a blast radius names the sites of each kind. */
const REACHES = { server: 'requests_to', client: 'calls_to', database: 'queries_on', stream: 'streams_to', point: 'points_at' };

/** The word for a text in YAML, whatever it contains. */
const quoted = (text) => JSON.stringify(text);

/**
 * An experiment as the text of a file.
 *
 * { name, why, fault, phase, site: {service, kind} or null for the whole process, operation, rate, limit, who, environment }
 */
export function written(o) {
  const lines = [`name: ${quoted(o.name)}`];
  if (o.why) lines.push(`why: ${quoted(o.why)}`);
  lines.push(`fault: { ${o.fault} }`);
  const consent = `{ who: ${quoted(o.who)}, why: ${quoted(o.why || 'from the page')} }`;
  if (o.site) {
    lines.push('blast_radius:', `  ${REACHES[o.site.kind]}: ${quoted(o.site.service)}`);
    if (o.operation && o.operation !== '*') lines.push(`  operation: ${quoted(o.operation)}`);
    lines.push(`  ${o.isOfTransactions ? 'transaction_rate' : 'rate'}: ${o.rate}`);
  } else {
    lines.push('blast_radius:', `  everything: ${consent}`);
  }
  if (o.phase) lines.push(`phase: ${o.phase}`);
  lines.push(`time_limit: ${o.limit}`);
  if (o.environment === 'production') lines.push(`consent: { production: ${consent} }`);
  return `${lines.join('\n')}\n`;
}
