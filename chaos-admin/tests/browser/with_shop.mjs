// Tests that have a browser together, and each a shop of its own.

import { after, before, test } from 'node:test';

import { launch } from './reader.mjs';
import { openShop } from './shop.mjs';

let launched;
before(async () => (launched = await launch()));
after(() => launched.close());

export const browser = () => launched;

/** Runs a test with a shop of its own. */
export const withShop = (name, work, options) =>
  test(name, async () => {
    const shop = await openShop(options);
    try {
      await work(shop);
    } finally {
      await shop.close();
    }
  });
