// The reference clients, unmodified, against `glucoledger node`, and their messages read by ours and the other way round:
//   npm ci && node --test
// GLUCOLEDGER_BIN: the program (also GLUCOLEDGER; default build/glucoledger).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import iotaCore from '@iota/core';
import mamRust from '@iota/mam';
import * as mamScript from '@iota/mam.js';

import { Random, trytesFromAscii } from './clients.mjs';
import { linesOf, run, startNode } from './program.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-node-'));
const random = new Random(20191122);
const weights = [1, 5, 9];
const nodes = [];

before(async () => {
  for (const weight of weights) nodes.push(await startNode(path.join(folder, `ledger-${weight}`), weight));
});
after(async () => {
  for (const { stop } of nodes) await stop();
  fs.rmSync(folder, { recursive: true });
});

function keyOptions(mode, sideKey) {
  if (mode !== 'restricted') return ['--mode', mode];
  const file = path.join(folder, 'side_key');
  fs.writeFileSync(file, sideKey, { mode: 0o600 });
  return ['--mode', mode, '--side-key-file', file];
}
async function confirmed(iota, hashes) {
  for (let attempt = 0; attempt < 100; ++attempt) {
    if ((await iota.getInclusionStates(hashes)).every(Boolean)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail('not confirmed after 10 s');
}

for (const mode of ['public', 'private', 'restricted']) {
  test(`@iota/mam publishes, @iota/mam and mam fetch read: ${mode}`, async () => {
    for (const { url, weight } of nodes) {
      const sideKey = mode === 'restricted' ? random.trytes(81) : undefined;
      let state = mamRust.init(url, random.trytes(81), 2);
      state = mamRust.changeMode(state, mode, sideKey);
      const texts = ['{"glucose":5.4}', 'x'.repeat(3000), '{"glucose":6.1}'];
      let first;
      for (const text of texts) {
        const message = mamRust.create(state, trytesFromAscii(text));
        state = message.state;
        first ??= message.root;
        await mamRust.attach(message.payload, message.address, 3, weight);
      }
      const theirs = await mamRust.fetch(first, mode, sideKey);
      assert.deepEqual(theirs.messages, texts.map(trytesFromAscii));
      const ours = linesOf(['mam', 'fetch', '--node', url, '--root', first, ...keyOptions(mode, sideKey)]);
      assert.deepEqual(ours.map(({ message }) => message), texts);
      assert.equal(ours.at(-1).next_root, theirs.nextRoot);
    }
  });

  test(`mam publish publishes, @iota/mam reads: ${mode}`, async () => {
    for (const { url, weight } of nodes) {
      const sideKey = mode === 'restricted' ? random.trytes(40) : undefined;
      const state = path.join(folder, `state-${mode}-${weight}`);
      const texts = ['one', 'y'.repeat(2500), 'three'];
      const options = ['--node', url, '--state', state, ...keyOptions(mode, sideKey)];
      const published = texts.map((text) => linesOf(['mam', 'publish', ...options], text)[0]);
      assert.equal(fs.statSync(state).mode & 0o777, 0o600);
      assert.deepEqual(published.map(({ index }) => index), [0, 1, 2]);
      mamRust.init(url);
      const { messages, nextRoot } = await mamRust.fetch(published[0].root, mode, sideKey?.padEnd(81, '9'));
      assert.deepEqual(messages, texts.map(trytesFromAscii));
      assert.equal(nextRoot, published[2].next_root);
    }
  });
}

test('@iota/mam.js creates, @iota/core attaches, mam fetch reads', async () => {
  for (const { url, weight } of nodes) {
    const iota = iotaCore.composeAPI({ provider: url });
    const sideKey = random.trytes(81);
    const channel = mamScript.createChannel(random.trytes(81), 3, 'restricted', sideKey);
    const message = mamScript.createMessage(channel, trytesFromAscii('by mam.js'));
    const trytes = await iota.prepareTransfers('9'.repeat(81), [
      { address: message.address, value: 0, message: message.payload, tag: 'MAMJS' },
    ]);
    const sent = await iota.sendTrytes(trytes, 3, weight);
    const [line] = linesOf(
      ['mam', 'fetch', '--node', url, '--root', message.root, ...keyOptions('restricted', sideKey)]);
    assert.equal(line.message, 'by mam.js');
    assert.equal(line.security, 3);

    const found = await iota.findTransactionObjects({ addresses: [message.address] });
    assert.deepEqual(found.map(({ hash }) => hash).sort(), sent.map(({ hash }) => hash).sort());
    assert.deepEqual(await iota.findTransactions({ tags: ['MAMJS'.padEnd(27, '9')] }).then((list) => list.sort()),
      sent.map(({ hash }) => hash).sort());
    const tail = found.find(({ currentIndex }) => currentIndex === 0);
    const bundle = await iota.getBundle(tail.hash);
    assert.equal(bundle.length, sent.length);
    await confirmed(iota, sent.map(({ hash }) => hash));
    assert.equal(await iota.checkConsistency([tail.hash]), true);
  }
});

test('@iota/core asks the rest of the API', async () => {
  const iota = iotaCore.composeAPI({ provider: nodes[0].url });
  const info = await iota.getNodeInfo();
  assert.equal(info.appName, 'glucoledger');
  assert.equal((await iota.getTransactionsToApprove(3)).trunkTransaction.length, 81);
  assert.deepEqual(await iota.getNeighbors(), []);
  assert.deepEqual((await iota.getBalances(['A'.repeat(81)])).balances, [0]);
  assert.deepEqual(await iota.wereAddressesSpentFrom(['A'.repeat(81)]), [false]);
  assert.deepEqual(await iota.getTrytes(['A'.repeat(81)]), ['9'.repeat(2673)]);
  await iota.interruptAttachingToTangle();
  await assert.rejects(iota.addNeighbors(['tcp://127.0.0.1:1']), /neighbors/);
  await assert.rejects(iota.broadcastTransactions(['A'.repeat(2673)]), /./);
});

test('a state file put back from a backup signs no index twice', () => {
  const { url } = nodes[0];
  const state = path.join(folder, 'state-backup');
  const options = ['--node', url, '--state', state, '--mode', 'public'];
  const [first] = linesOf(['mam', 'publish', ...options], 'first');
  fs.copyFileSync(state, `${state}.backup`);
  linesOf(['mam', 'publish', ...options], 'second');
  fs.copyFileSync(`${state}.backup`, state);
  const [third] = linesOf(['mam', 'publish', ...options], 'third');
  assert.equal(third.index, 2);
  const read = linesOf(['mam', 'fetch', '--node', url, '--root', first.root, '--mode', 'public']);
  assert.deepEqual(read.map(({ message }) => message), ['first', 'second', 'third']);
});

test('what is not there, what is wrong and who does not answer are told apart', () => {
  const { url } = nodes[0];
  const fetch = (node, messageRoot, key) =>
    run(['mam', 'fetch', '--node', node, '--root', messageRoot, ...keyOptions('restricted', key)]).status;
  const state = path.join(folder, 'state-errors');
  const [{ root: there }] = linesOf(
    ['mam', 'publish', '--node', url, '--state', state, ...keyOptions('restricted', 'KEY')], 'text');
  assert.equal(fetch(url, there, 'KEY'), 0);
  assert.equal(fetch(url, 'A'.repeat(81), 'KEY'), 4);
  assert.equal(fetch(url, there, 'WRONG'), 3);
  assert.equal(fetch('http://127.0.0.1:1', there, 'KEY'), 6);
  assert.equal(fetch('https://127.0.0.1:1', there, 'KEY'), 6);
  assert.equal(fetch('ftp://127.0.0.1:1', there, 'KEY'), 2);
});

test('what could not be sent is sent by the next run, under the same index', () => {
  const { url } = nodes[0];
  const state = path.join(folder, 'state-retry');
  const options = ['--state', state, '--mode', 'public'];
  const [first] = linesOf(['mam', 'publish', '--node', url, ...options], 'first');
  const cutOff = run(['mam', 'publish', '--node', 'http://127.0.0.1:1', ...options], 'second');
  assert.equal(cutOff.status, 6);
  linesOf(['mam', 'publish', '--node', url, ...options], 'second');
  const read = linesOf(['mam', 'fetch', '--node', url, '--root', first.root, '--mode', 'public']);
  assert.deepEqual(read.map(({ message }) => message), ['first', 'second']);
});
