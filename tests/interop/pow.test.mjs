// Proofs of work by `glucoledger tangle pow`, hashed by the reference client @iota/curl, for each kernel:
//   npm ci && node --test
// GLUCOLEDGER_BIN: the program (also GLUCOLEDGER; default build/glucoledger). GLUCOLEDGER_INTEROP_SEED: repeats a run
// that failed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import converter from '@iota/converter';
import curl from '@iota/curl';

import { Random } from './clients.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = process.env.GLUCOLEDGER_BIN ?? process.env.GLUCOLEDGER ?? path.join(root, 'build/glucoledger');
const seed = Number(process.env.GLUCOLEDGER_INTEROP_SEED ?? Date.now() % 4294967296);
const random = new Random(seed);

const transactionTrytes = 2673;
const nonceTrytes = 27;

function run(kernel, args, input = '') {
  const env = { ...process.env, GLUCOLEDGER_KERNEL: kernel };
  const child = spawnSync(program, args, { input, encoding: 'latin1', maxBuffer: 1 << 26, env });
  assert.equal(child.error, undefined, `${program} cannot be run: build it, or set GLUCOLEDGER_BIN`);
  assert.equal(child.status, 0, child.stderr);
  return child.stdout;
}

function hashTrits(transaction) {
  const sponge = new curl.default(81);
  const trits = converter.trytesToTrits(transaction);
  const hash = new Int8Array(243);
  sponge.initialize();
  sponge.absorb(trits, 0, trits.length);
  sponge.squeeze(hash, 0, hash.length);
  return hash;
}

for (const kernel of ['portable', 'avx2', 'avx512']) {
  const env = { ...process.env, GLUCOLEDGER_KERNEL: kernel };
  const told = spawnSync(program, ['--version', '--verbose'], { encoding: 'latin1', env });
  const refused = kernel !== 'portable' && told.status === 2 && told.stderr.includes(`the kernel ${kernel}`);
  const inUse = !refused && run(kernel, ['--version', '--verbose']).includes(`kernel ${kernel}`);
  for (const [threads, weight, count] of [[1, 1, 5], [1, 6, 5], [1, 9, 5], [1, 13, 1], [2, 9, 5], [2, 13, 1], [3, 7, 3]]) {
    const name = `${kernel}, ${threads} threads, weight ${weight} (seed ${seed})`;
    test(name, { skip: !inUse && `this machine lacks ${kernel}` }, () => {
      const transactions = Array.from({ length: count }, () => random.trytes(transactionTrytes));
      const args = ['tangle', 'pow', '--mwm', String(weight), '--threads', String(threads)];
      const attached = run(kernel, args, transactions.join('\n') + '\n').trimEnd().split('\n');
      assert.equal(attached.length, count);
      attached.forEach((transaction, i) => {
        assert.equal(transaction.length, transactionTrytes);
        assert.equal(transaction.slice(0, -nonceTrytes), transactions[i].slice(0, -nonceTrytes));
        assert.ok(hashTrits(transaction).slice(-weight).every((trit) => trit === 0), `${transaction} is too light`);
      });
      const hashes = run(kernel, ['tangle', 'hash'], attached.join('\n') + '\n').trimEnd().split('\n');
      assert.deepEqual(hashes, attached.map((transaction) => converter.tritsToTrytes(hashTrits(transaction))));
    });
  }
}
