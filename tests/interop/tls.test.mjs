// Our client against our node as docs/operating-a-node.md has it for others than one machine: TLS, by a certificate that
// openssl makes, and a token. Who does not trust the one or lacks the other is told what to do next.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { linesOf, projectRoot, run, startNode } from './program.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-tls-'));
const at = (name) => path.join(folder, name);
let node;

before(async () => {
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=node',
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', at('tls.key'), '-out', at('tls.crt'),
  ], { stdio: 'ignore' });
  for (const name of ['token', 'wrong-token']) {
    fs.writeFileSync(at(name), execFileSync('openssl', ['rand', '-hex', '32']), { mode: 0o600 });
  }
  fs.writeFileSync(at('export.csv'), execFileSync(path.join(projectRoot, 'examples/make-export'), ['1']));
  node = await startNode(at('ledger'), 1, [
    '--token-file', at('token'), '--tls-certificate', at('tls.crt'), '--tls-key', at('tls.key'),
  ]);
});
after(async () => {
  await node.stop();
  fs.rmSync(folder, { recursive: true });
});

const inHome = (home, ...args) => run(['--home', at(home), ...args]);
function done(home, ...args) {
  const { status, stdout, stderr } = inHome(home, ...args);
  assert.equal(status, 0, stderr);
  return stdout;
}
function patient(home, ...access) {
  done(home, 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', node.url, ...access);
  done(home, 'import', at('export.csv'));
}
function refused(status, pattern, home, ...args) {
  const result = inHome(home, ...args);
  assert.equal(result.status, status, result.stderr);
  assert.match(result.stderr, pattern);
}

test('publish, share, receive and fetch over TLS with a token', () => {
  assert.match(node.url, /^https:/);
  patient('patient', '--ledger-ca', at('tls.crt'), '--ledger-token-file', at('token'));
  assert.match(done('patient', 'publish', '--last', '5'), /5 messages and notes confirmed/);
  done('patient', 'share', '--to', 'dr-young', '--png', at('invitation.png'));
  done('clinic', 'init', '--role', 'clinic', '--ledger', node.url, '--ledger-ca', at('tls.crt'));  // who reads needs no token
  done('clinic', 'receive', at('invitation.png'), '--name', 'robin');
  assert.match(done('clinic', 'fetch'), /robin: FOUND; 5 new records/);
  assert.match(done('patient', 'publish', '--last', '2', '--pow', 'node'), /2 messages and notes confirmed/);
  assert.match(done('clinic', 'fetch'), /robin: FOUND; 2 new records, 7 in all/);
});

test('a token that is missing or wrong is named each time, and can be given later', () => {
  for (const [home, ...access] of [['no-token'], ['wrong', '--ledger-token-file', at('wrong-token')]]) {
    patient(home, '--ledger-ca', at('tls.crt'), ...access);
    for (let attempt = 0; attempt < 3; ++attempt) {
      refused(6, /does not let this program in\n.*access --ledger-token-file/, home, 'publish', '--last', '1');
    }
    done(home, 'access', '--ledger-token-file', at('token'));
    assert.match(done(home, 'publish', '--last', '1'), /4 messages and notes confirmed/);
  }
});

test('mam publish and mam fetch name what they lack by their own options', () => {
  const state = at('channel');
  const trusting = ['--ledger-ca', at('tls.crt')];
  const knowing = [...trusting, '--ledger-token-file', at('token')];
  const publish = (...access) => ['mam', 'publish', '--node', node.url, '--mode', 'public', '--state', state, ...access];
  const refusal = (status, pattern, args) => {
    const result = run(args, 'text');
    assert.equal(result.status, status, result.stderr);
    assert.match(result.stderr, pattern);
    assert.doesNotMatch(result.stderr, /glucoledger access/);
  };
  refusal(6, /could not be trusted.*\n.*--ledger-ca/, publish());
  refusal(5, /does not let this program in\n.*--ledger-token-file/, publish(...trusting));
  refusal(5, /does not let this program in/, publish(...trusting, '--ledger-token-file', at('wrong-token')));
  refusal(4, /there is no file .*\n.*--ledger-ca/, publish('--ledger-ca', at('nowhere')));
  const plain = ['--node', node.url.replace('https', 'http'), '--mode', 'public', '--state', at('plain')];
  assert.notEqual(run(['mam', 'publish', ...plain], 'text').status, 0);
  const [published] = linesOf(publish(...knowing), 'text');
  assert.equal(published.index, 0, 'what was refused is sent now, under the same index');
  const fetch = ['mam', 'fetch', '--node', node.url, '--mode', 'public', '--root', published.root];
  refusal(6, /could not be trusted.*\n.*--ledger-ca/, fetch);
  for (const access of [trusting, knowing]) {
    assert.deepEqual(linesOf([...fetch, ...access]).map(({ message }) => message), ['text']);
  }
});

test('a proof of work is the node\'s own for who has its token, and a home\'s token goes nowhere else', async () => {
  const other = await startNode(at('other-ledger'), 1, [
    '--token-file', at('wrong-token'), '--tls-certificate', at('tls.crt'), '--tls-key', at('tls.key'),
  ]);
  patient('worker', '--ledger-ca', at('tls.crt'), '--ledger-token-file', at('token'));
  assert.match(done('worker', 'publish', '--last', '1', '--pow', node.url), /1 message/);
  refused(6, /could not be trusted.*\n.*whose certificate this machine trusts/, 'worker', 'publish', '--last', '1', '--pow', other.url);
  await other.stop();
});

test('a URL with http for a port that speaks https is told so', () => {
  done('mistyped', 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', node.url.replace('https:', 'http:'));
  done('mistyped', 'import', at('export.csv'));
  refused(3, /this port speaks https: begin the URL with https:/, 'mistyped', 'publish', '--last', '1');
});

test('a certificate that nobody vouches for is not trusted, until its file is named', () => {
  patient('stranger', '--ledger-token-file', at('token'));
  refused(6, /could not be trusted.*\n.*access --ledger-ca/, 'stranger', 'publish', '--last', '1');
  refused(4, /there is no file/, 'stranger', 'access', '--ledger-ca', at('nowhere'));
  refused(3, /name a file of PEM certificates/, 'stranger', 'access', '--ledger-ca', at('token'));
  done('stranger', 'access', '--ledger-ca', at('tls.crt'));
  assert.match(done('stranger', 'publish'), /confirmed/);
});
