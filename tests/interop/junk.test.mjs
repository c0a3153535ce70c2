// Ten thousand junk bundles at a message's address: the genuine one, which comes last, is found by page after page.
// With GLUCOLEDGER_LONG set (make test-long): it takes some ten seconds of both cores.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import iotaCore from '@iota/core';

import { linesOf, post, program, run, startNode } from './program.mjs';

const kJunk = 10_000;
const kAtOnce = 1_000;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-junk-'));
const skip = process.env.GLUCOLEDGER_LONG ? false : 'runs with GLUCOLEDGER_LONG';
let node;

before(async () => {
  if (skip) return;
  node = await startNode(path.join(folder, 'ledger'), 1);
});
after(async () => {
  if (node) await node.stop();
  fs.rmSync(folder, { recursive: true });
});

// Its exit status and output, the seconds it took and, from /proc as it ran, the most memory that it held.
async function measured(args) {
  const start = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  let peakMib = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  const watch = setInterval(() => {
    try {
      const [, kib] = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/^VmHWM:\s+(\d+)/m) ?? [];
      if (kib !== undefined) peakMib = Number(kib) / 1024;
    } catch {
      clearInterval(watch);
    }
  }, 5);
  const [status] = await once(child, 'close');
  clearInterval(watch);
  return { status, stdout, peakMib, seconds: (performance.now() - start) / 1000 };
}

test('the genuine message is found behind ten thousand junk bundles at its address', { skip }, async (t) => {
  const iota = iotaCore.composeAPI({ provider: node.url });
  const seed = path.join(folder, 'seed');
  fs.writeFileSync(seed, 'GLUCOLEDGER'.padEnd(81, 'X'), { mode: 0o600 });
  const [message] = linesOf(['--json', 'mam', 'create', '--mode', 'private', '--seed-file', seed], 'genuine');
  const prepare = (payload) =>
    iota.prepareTransfers('9'.repeat(81), [{ address: message.address, value: 0, message: payload, tag: 'JUNK' }]);

  // A bundle's hash does not cover its payload: one bundle makes as many as there are payloads.
  const [bundle] = await prepare('JUNK');
  const { trunkTransaction, branchTransaction } = await iota.getTransactionsToApprove(3);
  const ends = bundle.slice(2187, 2430) + trunkTransaction + branchTransaction + bundle.slice(2592);
  const junk = Array.from({ length: kJunk }, (_, i) => {
    const digits = [...String(i).padStart(5, '0')].map((digit) => 'ABCDEFGHIJ'[digit]).join('');
    return `JUNK${digits}`.padEnd(2187, '9') + ends;
  });
  const worked = run(['tangle', 'pow', '--mwm', '1'], `${junk.join('\n')}\n`);
  assert.equal(worked.status, 0, worked.stderr);
  const trytes = worked.stdout.trim().split('\n');
  for (let at = 0; at < trytes.length; at += kAtOnce) {
    const { status, text } = await post(node.url, { command: 'storeTransactions', trytes: trytes.slice(at, at + kAtOnce) });
    assert.equal(status, 200, text);
  }
  await iota.sendTrytes(await prepare(message.payload), 3, 1);

  const options = ['mam', 'fetch', '--node', node.url, '--mode', 'private', '--limit', '1', '--root', message.root];
  const { status, stdout, peakMib, seconds } = await measured(options);
  assert.equal(status, 0);
  assert.equal(JSON.parse(stdout).message, 'genuine');
  t.diagnostic(`found in ${seconds.toFixed(2)} s (goal: 2), with ${peakMib.toFixed(1)} MiB (goal: 64)`);
});
