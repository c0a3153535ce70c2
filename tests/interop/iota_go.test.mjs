// iota.go v1.0.0, unmodified (iota-go/), against `glucoledger node`. It has no MAM: the package of 1.0.0-beta.15 was dropped,
// and put private and restricted messages at other addresses than the JavaScript clients and the paper's. So its part
// is to carry our messages. Skipped, visibly, without Go or where its modules cannot be fetched.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Random } from './clients.mjs';
import { here, linesOf, startNode } from './program.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-iota-go-'));
const random = new Random(20191122);
const nodes = [];

function build() {
  const binary = path.join(folder, 'iota-go');
  const go = (...args) => spawnSync('go', args, { cwd: path.join(here, 'iota-go'), encoding: 'utf8' });
  const fetched = go('mod', 'download', 'github.com/iotaledger/iota.go');
  if (fetched.error) return { why: 'there is no Go' };
  if (fetched.status !== 0) return { why: 'iota.go cannot be fetched' };
  const built = go('build', '-mod=readonly', '-o', binary, '.');
  assert.equal(built.status, 0, built.stderr);
  return {
    ask(request) {
      const child = spawnSync(binary, { input: JSON.stringify(request), encoding: 'utf8' });
      assert.equal(child.status, 0, child.stderr);
      return JSON.parse(child.stdout);
    },
  };
}
const client = build();

before(async () => {
  for (const weight of [1, 9]) nodes.push(await startNode(path.join(folder, `ledger-${weight}`), weight));
});
after(async () => {
  for (const node of nodes) await node.stop();
  fs.rmSync(folder, { recursive: true });
});

for (const local of [true, false]) {
  const where = local ? 'its own proof of work' : "the node's attachToTangle";
  test(`iota.go publishes and fetches, with ${where}`, { skip: client.why }, () => {
    for (const { url, weight } of nodes) {
      const address = random.trytes(80) + '9';
      const message = random.trytes(5000);
      const published = client.ask({ url, do: 'publish', mwm: weight, address, tag: 'IOTAGO', message, local });
      assert.equal(published.hashes.length, 3);
      const fetched = client.ask({ url, do: 'fetch', address });
      assert.deepEqual(fetched.hashes.sort(), published.hashes.sort());
      assert.equal(fetched.message, message.padEnd(3 * 2187, '9'));
      assert.equal(fetched.confirmed, true);
      assert.equal(fetched.consistent, true, fetched.info);
    }
  });
}

test('iota.go asks the rest of the API', { skip: client.why }, () => {
  const told = client.ask({ url: nodes[0].url, do: 'ask', address: random.trytes(80) + '9' });
  assert.deepEqual(told, { app: 'glucoledger', neighbors: 0, balance: 0, spent: false, refused: true });
});

test('what mam create made and iota.go published, mam fetch reads', { skip: client.why }, () => {
  const seed = path.join(folder, 'seed');
  fs.writeFileSync(seed, random.trytes(81), { mode: 0o600 });
  // It takes only addresses whose last trit is 0, as a third of them are.
  let created;
  for (let index = 0; !/[9A-DW-Z]$/.test(created?.address ?? 'M'); ++index) {
    const options = ['--mode', 'private', '--seed-file', seed, '--start', String(index), '--json'];
    [created] = linesOf(['mam', 'create', ...options], '{"glucose":5.4}');
  }
  for (const { url, weight } of nodes) {
    client.ask({ url, do: 'publish', mwm: weight, address: created.address, message: created.payload, local: true });
    const [line] = linesOf(['mam', 'fetch', '--node', url, '--mode', 'private', '--root', created.root]);
    assert.equal(line.message, '{"glucose":5.4}');
    assert.equal(line.next_root, created.next_root);
  }
});
