// tangle prune: what it takes away is told as PRUNED, by a folder and by a node, and never as what was not there yet.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { linesOf, projectRoot, run, startNode } from './program.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-prune-'));
const at = (name) => path.join(folder, name);
const later = '2200-01-01';
after(() => fs.rmSync(folder, { recursive: true }));

function answer(status, ...args) {
  const result = run(['--json', ...args]);
  assert.equal(result.status, status, `${args.join(' ')}: ${result.stderr}`);
  return JSON.parse(result.stdout);
}
const prune = (status, ledger, ...options) => answer(status, 'tangle', 'prune', ledger, ...options);
const inHome = (home, ...args) => answer(0, '--home', at(home), ...args);
const fetched = (status, home) => answer(status, '--home', at(home), 'fetch').patients[0];
function invite(clinic) {
  inHome('patient', 'share', '--to', clinic, '--uri-file', at(`${clinic}.uri`));
  inHome(clinic, 'init', '--role', 'clinic');
  inHome(clinic, 'receive', at(`${clinic}.uri`));
}

test('who read before is NOT YET, who comes after is PRUNED', () => {
  fs.writeFileSync(at('export.csv'), execFileSync(path.join(projectRoot, 'examples/make-export'), ['2']));
  inHome('patient', 'init', '--time-zone', 'Europe/Amsterdam', '--mwm', '1');
  inHome('patient', 'import', at('export.csv'));
  const ledger = at('patient/ledger');
  inHome('patient', 'publish', '--last', '3');
  for (const clinic of ['early', 'late']) invite(clinic);
  inHome('patient', 'publish', '--last', '1');
  assert.equal(fetched(0, 'early').state, 'FOUND');

  for (const wrong of ['2026-13-01', '2026-02-30', '2026-1-1', 'yesterday', '']) {
    const { status, stderr } = run(['tangle', 'prune', ledger, '--before', wrong]);
    assert.equal(status, 2, wrong);
    assert.match(stderr, /2026-01-31/);
  }
  prune(2, ledger);
  assert.equal(prune(0, ledger, '--before', '2020-01-01').pruned, 0, 'nothing is as old as that');
  const { transactions } = answer(0, 'verify', ledger);
  assert.equal(prune(0, ledger, '--before', later).pruned, transactions);
  assert.equal(prune(0, ledger, '--before', later).pruned, 0, 'once is enough');
  const verified = answer(0, 'verify', ledger);
  assert.deepEqual([verified.sound, verified.transactions, verified.bodies], [true, transactions, 0]);

  const early = fetched(0, 'early');
  assert.deepEqual([early.state, early.new_records, early.problems], ['NOT YET', 0, []]);
  const late = fetched(1, 'late');
  assert.deepEqual([late.state, late.new_records], ['PRUNED', 0]);

  const published = inHome('patient', 'publish');  // two days: of one of them nothing was there before
  assert.equal(published.messages_waiting, 0);
  assert.equal(fetched(0, 'early').records, published.readings + 4);
  const rest = fetched(1, 'late');
  assert.equal(rest.state, 'PRUNED');
  assert.ok(rest.new_records > 0, 'what came since is read all the same');
});

test('a node tells PRUNED from never seen, and keeps its folder from being pruned', async () => {
  const node = await startNode(at('ledger'), 1);
  const channel = ['--mode', 'public', '--state', at('channel')];
  fs.writeFileSync(at('text'), 'text');
  const [{ root }] = linesOf(['mam', 'publish', '--node', node.url, ...channel, at('text')]);
  const { error } = prune(7, at('ledger'), '--before', later);
  assert.match(error, /another process is using/);
  const fetch = (where, first) => run(['mam', 'fetch', '--node', where, '--mode', 'public', '--root', first]).status;
  assert.equal(fetch(node.url, root), 0);
  await node.end();

  assert.ok(prune(0, at('ledger'), '--before', later).pruned > 0);
  assert.equal(fetch(at('ledger'), root), 1);
  assert.equal(fetch(at('ledger'), 'A'.repeat(81)), 4);
  const again = await startNode(at('ledger'), 1);
  assert.equal(fetch(again.url, root), 1);
  assert.equal(fetch(again.url, 'A'.repeat(81)), 4);
  const [next] = linesOf(['mam', 'publish', '--node', again.url, ...channel, at('text')]);
  assert.equal(next.index, 1);
  await again.stop();
});

test('what is no ledger is not pruned, and stays what it is', () => {
  fs.mkdirSync(at('empty'));
  fs.mkdirSync(at('begun/state'), { recursive: true });
  for (const name of ['empty', 'begun', 'nowhere', 'text']) prune(4, at(name), '--before', later);
  assert.deepEqual(fs.readdirSync(at('empty')), []);
  assert.deepEqual(fs.readdirSync(at('begun/state')), []);
  assert.ok(!fs.existsSync(at('nowhere')));
});
