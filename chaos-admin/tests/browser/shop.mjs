// A storefront that is served for one test, with traffic.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const OPERATOR = 'an operator token for tests';
export const VIEWER = 'a viewer token for tests';

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Serves the shop whose program is in the environment; `policy` is the text of a policy file. */
export async function openShop({ policy } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'chaos-page-'));
  const port = await freePort();
  const environment = {
    ...process.env,
    CHAOS_ADMIN: `127.0.0.1:${port}`,
    CHAOS_ADMIN_OPERATOR_TOKENS: `anna:${OPERATOR}`,
    CHAOS_ADMIN_VIEWER_TOKENS: `ben:${VIEWER}`,
  };
  if (policy) {
    environment.CHAOS_POLICY = join(directory, 'policy.yaml');
    writeFileSync(environment.CHAOS_POLICY, policy);
  }
  const shop = { directory, page: `http://127.0.0.1:${port}/chaos/` };
  const agent = new http.Agent({ keepAlive: true, maxSockets: 200 });
  let customers = 0;

  shop.start = async () => {
    const stdio = ['ignore', 'pipe', 'inherit'];
    const file = join(directory, 'chaos.yaml');
    shop.process = spawn(process.env.STOREFRONT, ['--serve', file], { cwd: directory, env: environment, stdio });
    let output = '';
    await new Promise((resolve, reject) => {
      shop.process.once('exit', (code) => reject(new Error(`the shop ended with ${code}: ${output}`)));
      shop.process.stdout.on('data', (chunk) => {
        output += chunk;
        shop.url = output.match(/serving at (http:\S+)/)?.[1];
        // The API is open when its first line is there.
        if (shop.url && output.includes('The API of chaos is open')) resolve();
      });
    });
  };

  /** Sends a purchase, and returns when it is answered. */
  shop.buy = () =>
    new Promise((resolve) => {
      customers += 1;
      const headers = { 'idempotency-key': `customer-${customers}`, 'content-type': 'application/json' };
      const request = http.request(`${shop.url}/checkout`, { method: 'POST', agent, headers }, (reply) =>
        reply.resume().on('end', resolve),
      );
      request.on('error', resolve);
      request.end('{"product":"lamp"}');
    });

  /** Sends purchases at a rate until it is closed. */
  shop.traffic = (perSecond) => {
    const timer = setInterval(shop.buy, 1000 / perSecond);
    return () => clearInterval(timer);
  };

  shop.api = async (method, path, body, headers = {}) => {
    const reply = await fetch(`${shop.page}v1${path}`, {
      method,
      body: body && (typeof body === 'string' ? body : JSON.stringify(body)),
      headers: { authorization: `Bearer ${OPERATOR}`, ...(body && { 'content-type': 'application/json' }), ...headers },
    });
    const text = await reply.text();
    return { status: reply.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };

  /** All entries of the journal that are kept. */
  shop.journal = async () => {
    const entries = [];
    for (let next = 0; ;) {
      const { body } = await shop.api('GET', `/journal?since=${next}`);
      if (!body.items.length) return entries;
      entries.push(...body.items.map((item) => item.entry).filter(Boolean));
      next = body.next;
    }
  };

  /** Waits for an entry of the journal, and returns it. */
  shop.entry = async (matches) => {
    for (;;) {
      const found = (await shop.journal()).find(matches);
      if (found) return found;
      // The API admits 200 requests a second.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  shop.stop = async () => {
    if (shop.process.exitCode == null) {
      shop.process.kill('SIGKILL');
      await once(shop.process, 'exit');
    }
  };
  shop.close = async () => {
    await shop.stop();
    agent.destroy();
    rmSync(directory, { recursive: true });
  };
  await shop.start();
  return shop;
}
