// Our client against a legacy node, which stores data bundles and never confirms them (legacy_node.mjs): what was
// published counts once it was read back, nothing is called confirmed that was not, and the physician reads it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { composeAPI } from '@iota/core';

import { clients, Random, trytesFromAscii } from './clients.mjs';
import { LegacyNode } from './legacy_node.mjs';
import { projectRoot, runBeside } from './program.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-legacy-'));
const home = (name) => ['--home', path.join(folder, name), '--json'];
let node;

before(async () => {
  node = await new LegacyNode().start();
});
after(() => {
  node.stop();
  fs.rmSync(folder, { recursive: true });
});

async function done(args, input) {
  const child = await runBeside(args, input);
  assert.equal(child.status, 0, `${args.join(' ')}: ${child.stderr}`);
  return child.stdout === '' ? null : JSON.parse(child.stdout.trim().split('\n').at(-1));
}

test('what a patient publishes to a legacy node is read back, and a physician reads it', async () => {
  const made = spawnSync(path.join(projectRoot, 'examples/make-export'), ['2'], { encoding: 'utf8' });
  const file = path.join(folder, 'export.csv');
  fs.writeFileSync(file, made.stdout);
  await done([...home('patient'), 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', node.url]);
  await done([...home('patient'), 'import', file]);
  const published = await done([...home('patient'), 'publish', '--last', '2']);
  assert.equal(published.readings, 2);
  assert.equal(published.messages_waiting, 0);
  assert.equal(published.unconfirmed_messages, 0);
  assert.ok(published.read_back >= 2, JSON.stringify(published));
  assert.equal(published.read_back, published.confirmed_messages, 'nothing there was confirmed');

  const image = path.join(folder, 'invitation.png');
  await done([...home('patient'), 'share', '--to', 'clinic', '--png', image]);
  await done([...home('clinic'), 'init', '--role', 'clinic']);
  await done([...home('clinic'), 'receive', image, '--name', 'robin']);
  await done([...home('clinic'), 'fetch']);
  const report = await done([...home('clinic'), 'report', 'robin']);
  assert.match(JSON.stringify(report), /"readings":2\b/);
  assert.ok(node.asked.get('getTrytes') > 0);
});

test('what a coordinator confirms on legacy nodes is asked for, and called confirmed', async () => {
  const coordinated = await new LegacyNode().start();
  coordinated.confirmAll();
  try {
    const patient = [...home('confirmed')];
    await done([...patient, 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', coordinated.url]);
    await done([...patient, 'import', path.join(folder, 'export.csv')]);
    const published = await done([...patient, 'publish', '--last', '2']);
    assert.deepEqual([published.confirmed_messages, published.read_back], [2, 0]);
    assert.ok(coordinated.asked.get('getInclusionStates') > 0);
  } finally {
    coordinated.stop();
  }
});

test('with two legacy nodes a reading counts once both hold it', async () => {
  const other = await new LegacyNode().start();
  try {
    const patient = [...home('careful')];
    await done([...patient, 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', `${node.url},${other.url}`]);
    await done([...patient, 'import', path.join(folder, 'export.csv')]);
    other.isDown = true;
    const alone = await runBeside([...patient, 'publish', '--last', '2']);
    assert.equal(alone.status, 6, alone.stdout + alone.stderr);
    const told = JSON.parse(alone.stdout.trim().split('\n').at(-1));
    assert.equal(told.read_back, 0);
    assert.ok(told.messages_waiting >= 2, alone.stdout);
    other.isDown = false;
    const text = await runBeside(['--home', path.join(folder, 'careful'), 'publish', '--last', '2']);
    assert.equal(text.status, 0, text.stderr);
    assert.match(text.stdout, /read back from 2 of 2 nodes, as this ledger confirms no data/);
    assert.ok([...node.addresses.keys()].some((address) => other.addresses.has(address)), 'both hold the same');
  } finally {
    other.stop();
  }
});

test('more at an address than a legacy node hands out is told, not taken for all', async () => {
  const state = path.join(folder, 'state');
  const sideKey = path.join(folder, 'side-key');
  fs.writeFileSync(sideKey, 'KEY', { mode: 0o600 });
  const options = ['--mode', 'restricted', '--side-key-file', sideKey];
  const first = await done(['mam', 'publish', '--node', node.url, '--state', state, ...options], 'genuine');
  assert.equal((await runBeside(['mam', 'fetch', '--node', node.url, '--root', first.root, ...options])).status, 0);
  // The genuine one is beyond the cut.
  const genuine = node.addresses.get(first.address);
  const letter = (number) => String.fromCharCode(65 + (Math.floor(number) % 26));
  const junk = Array.from({ length: 1000 }, (_, i) => 'JUNK'.padEnd(78, '9') + letter(i) + letter(i / 26) + letter(i / 676));
  node.addresses.set(first.address, [...junk, ...genuine]);
  const hidden = await runBeside(['mam', 'fetch', '--node', node.url, '--root', first.root, ...options]);
  assert.notEqual(hidden.status, 0, 'it cannot be known that nothing stands there');
  assert.notEqual(hidden.status, 4, 'it may well stand there');
});

// Longer than a bundle of ours ever is, and than a ledger of ours takes.
test('a message of 67 transactions is read', async () => {
  const random = new Random(67);
  const channel = { seed: random.trytes(81), mode: 'private', side_key: null, security: 2, index: 0 };
  const text = 'x'.repeat((67 * 2187 - 3 * 2187) / 2);
  const created = clients['@iota/mam.js'].create(channel, trytesFromAscii(text));
  const transfer = { address: created.address, value: 0, message: created.payload, tag: '' };
  const prepared = await composeAPI({ provider: node.url }).prepareTransfers('9'.repeat(81), [transfer]);
  assert.equal(prepared.length, 67);
  let trunk = node.milestone;
  for (const body of prepared) { // the last index first
    const attached = body.slice(0, 2430) + trunk + node.milestone + body.slice(2592);
    trunk = LegacyNode.hashOf(attached);
    node.put(trunk, attached);
  }
  const read = await runBeside(['mam', 'fetch', '--node', node.url, '--root', created.root, '--mode', 'private', '--json']);
  assert.equal(read.status, 0, read.stderr);
  assert.equal(JSON.parse(read.stdout.split('\n')[0]).message, text);
});

test('a legacy node that refuses data is told as what it is', async () => {
  node.do_broadcasttransactions = node.do_storetransactions = () => {
    throw new Error('Bad Request, error: must deposit at least 1000000 tokens via the output transaction: invalid migration bundle');
  };
  const refused = await runBeside(
    ['mam', 'publish', '--node', node.url, '--state', path.join(folder, 'state-2'), '--mode', 'public'], 'text');
  assert.equal(refused.status, 3, refused.stderr);
  assert.match(refused.stderr, /migration bundle/);
});
