// What the page offers to start: the faults of the catalogue of chaos-lab, by the names that they have there, each with the
// kinds of sites that it is meant for, best first. What a scenario adds (load, objectives) is the lab's.

const entry = (name, why, at, fault, radius = {}) => ({ name, why, at, fault, ...radius });
const each = { rate: '100%' };
const share = (rate) => ({ rate });
const statements = (rate) => ({ operation: '* *', rate });

export const CATALOGUE = {
  service: [
    entry('slow-response', 'do callers wait for a service that answers late?', ['server', 'point'], 'latency: 5s', share('20%')),
    entry(
      'random-failure',
      'do callers try again when one of many requests fails?',
      ['server', 'point'],
      'error: unavailable',
      share('15%'),
    ),
    entry(
      'unavailable',
      'do callers get a clear answer while the service is unavailable?',
      ['server', 'point'],
      'error: unavailable',
      each,
    ),
    entry(
      'rate-limit',
      'do callers slow down when they are told to?',
      ['server', 'point'],
      'rate_limit: { count: 10, period: 60s }',
      each,
    ),
    entry(
      'circuit-breaker-trip',
      'does the circuit breaker open while half of the calls fail, and close afterwards?',
      ['client', 'point'],
      'error: unavailable',
      share('50%'),
    ),
  ],
  'external service': [
    entry(
      'external-slow',
      'does the service answer in time while a dependency is slow?',
      ['client', 'point'],
      'latency: 8s',
      share('20%'),
    ),
    entry(
      'external-failure',
      'does the service try again when a dependency fails?',
      ['client', 'point'],
      'error: unavailable',
      share('20%'),
    ),
    entry(
      'external-timeout',
      'does the service give up on a dependency that does not answer?',
      ['client', 'point'],
      'timeout: 20s',
      share('20%'),
    ),
    entry('external-unavailable', 'does the service do without a dependency?', ['client', 'point'], 'error: refused', each),
  ],
  database: [
    entry('slow-query', 'does the service answer in time while queries are slow?', ['database'], 'latency: 3s', statements('5%')),
    entry(
      'query-timeout',
      'does the service give up on a query that does not end?',
      ['database'],
      'timeout: 15s',
      statements('3%'),
    ),
    entry('deadlock', 'does the service try a transaction again that lost a deadlock?', ['database'], 'error: deadlock', {
      transaction_rate: '5%',
    }),
    entry(
      'pool-exhaustion',
      'does the service try again when its pool is exhausted?',
      ['database'],
      'error: too_many_connections',
      { operation: 'acquire', rate: '30%' },
    ),
    entry('database-outage', 'does the service survive an outage of its database?', ['database'], 'error: unavailable', {
      ...each,
      limit: '30s',
    }),
    entry('failover', 'does the service reconnect while another server takes over?', ['database'], 'error: closed', {
      ...statements('100%'),
      limit: '5s',
    }),
  ],
  network: [
    entry(
      'network-latency',
      'does the service answer in time while the network is slow?',
      ['client', 'stream'],
      'latency: 200ms',
      each,
    ),
    entry(
      'latency-spike',
      'does the service outlast a moment in which nothing arrives?',
      ['client', 'stream'],
      'latency: { uniform: [4s, 10s] }',
      share('10%'),
    ),
    entry(
      'connection-failure',
      'does the service try again when a connection breaks?',
      ['client', 'stream'],
      'disconnect: reset',
      share('20%'),
    ),
    entry(
      'packet-loss',
      'does the service answer in time while packets are lost?',
      ['stream', 'client', 'server'],
      'loss: { packets: 15% }',
      { ...each, phase: 'during' },
    ),
  ],
  resources: [
    entry(
      'cpu',
      'does the service answer in time while others use its cores?',
      ['process'],
      'exhaust: { cpu: { workers: 2, duty: 25% } }',
    ),
    entry(
      'memory',
      'does the service stay within its limits while memory is scarce?',
      ['process'],
      'exhaust: { memory: { bytes: 256MB } }',
    ),
    entry(
      'disk-io',
      'does the service answer in time while others use its disk?',
      ['process'],
      'exhaust: { disk_io: { workers: 1, bytes_per_second: 10MB } }',
    ),
  ],
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
    if (o.rate) lines.push(`  ${o.isOfTransactions ? 'transaction_rate' : 'rate'}: ${o.rate}`);
  } else {
    lines.push('blast_radius:', `  everything: ${consent}`);
  }
  if (o.phase) lines.push(`phase: ${o.phase}`);
  lines.push(`time_limit: ${o.limit}`);
  if (o.environment === 'production') lines.push(`consent: { production: ${consent} }`);
  return `${lines.join('\n')}\n`;
}
