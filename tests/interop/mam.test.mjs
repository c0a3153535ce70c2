// glucoledger against the two MAM reference clients, both ways:
//   npm ci && node --test
// GLUCOLEDGER_BIN: the program (also GLUCOLEDGER; default build/glucoledger). GLUCOLEDGER_INTEROP_COUNT: random channels (default 8).
// GLUCOLEDGER_INTEROP_SEED: repeats a run that failed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { clients, Random, treeMakers, trytesFromAscii } from './clients.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = process.env.GLUCOLEDGER_BIN ?? process.env.GLUCOLEDGER ?? path.join(root, 'build/glucoledger');
const count = Number(process.env.GLUCOLEDGER_INTEROP_COUNT ?? 8);
const seed = Number(process.env.GLUCOLEDGER_INTEROP_SEED ?? Date.now() % 4294967296);
const random = new Random(seed);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-interop-'));
after(() => fs.rmSync(folder, { recursive: true }));

function secretFile(name, content) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, content, { mode: 0o600 });
  return file;
}

function run(args, input) {
  const child = spawnSync(program, args, { input, encoding: 'latin1', maxBuffer: 1 << 26 });
  assert.equal(child.error, undefined, `${program} cannot be run: build it, or set GLUCOLEDGER_BIN`);
  return child;
}

const keyOptions = (channel) =>
  channel.mode === 'restricted' ? ['--side-key-file', secretFile('side_key', channel.side_key + random.pick(['', '\n']))] : [];

function create(channel, message, ...options) {
  const child = run(
    ['mam', 'create', '--mode', channel.mode, '--seed-file', secretFile('seed', channel.seed), ...keyOptions(channel),
      '--security', String(channel.security), '--start', String(channel.index), ...options],
    message);
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout);
}

const tryToOpen = (channel, messageRoot, payload, ...options) =>
  run(['mam', 'open', '--mode', channel.mode, '--root', messageRoot, ...keyOptions(channel), ...options], payload);

function open(channel, messageRoot, payload, ...options) {
  const child = tryToOpen(channel, messageRoot, payload, ...options);
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout);
}

function refuses(channel, messageRoot, payload, why) {
  const child = tryToOpen(channel, messageRoot, payload, '--trytes');
  assert.equal(child.status, 3, `${why}: exit ${child.status}`);
  assert.equal(child.stdout, '', why);
  assert.match(child.stderr, /MAM payload/, why);
}

function randomChannel() {
  const mode = random.pick(['public', 'private', 'restricted', 'restricted']);
  return {
    seed: random.trytes(81),
    mode,
    side_key: mode === 'restricted' ? random.trytes(1 + random.below(81)) : null,
    security: 1 + random.below(3),
    index: random.pick([0, 1, random.below(100), random.below(5000)]),
  };
}

const alter = (text, position) => text.slice(0, position) + (text[position] === 'K' ? 'L' : 'K') + text.slice(position + 1);

for (let i = 0; i < count; i++) {
  const channel = randomChannel();
  const text = random.ascii(1 + random.below(random.pick([3, 200, 1500])));
  const trytes = trytesFromAscii(text);
  const name = `${i} (seed ${seed}): ${channel.mode}, security ${channel.security}, index ${channel.index}, ${text.length} bytes`;

  test(`both clients open ours ${name}`, () => {
    const created = create(channel, text);
    for (const [client, { open: openWith, create: createWith }] of Object.entries(clients)) {
      const opened = openWith(created.payload, created.root, channel.side_key);
      assert.equal(opened.message, trytes, client);
      assert.equal(opened.next_root, created.next_root, client);
      const theirs = createWith(channel, trytes);
      assert.equal(created.root, theirs.root, client);
      assert.equal(created.address, theirs.address, client);
      assert.equal(created.next_root, theirs.next_root, client);
    }
    const next = create({ ...channel, index: channel.index + 1 }, text);
    assert.equal(next.root, created.next_root);
  });

  test(`we open theirs ${name}`, () => {
    for (const { create: createWith } of Object.values(clients)) {
      const created = createWith(channel, trytes);
      const opened = open(channel, created.root, created.payload);
      assert.deepEqual(opened, { message: text, next_root: created.next_root, security: channel.security });
      const padded = created.payload.padEnd(Math.ceil(created.payload.length / 2187) * 2187, '9');
      assert.deepEqual(open(channel, created.root, padded + '\n'), opened);
    }
  });

  test(`nobody opens what was altered ${name}`, () => {
    const client = random.pick(Object.values(clients));
    const { payload, root: messageRoot } = client.create(channel, trytes);
    const wrongKey = { ...channel, mode: 'restricted', side_key: alter(channel.side_key ?? '9', 0) };
    refuses(wrongKey, messageRoot, payload, 'wrong key');
    refuses(channel, alter(messageRoot, random.below(81)), payload, 'wrong root');
    const position = random.below(payload.length);
    refuses(channel, messageRoot, alter(payload, position), `altered tryte ${position}`);
    const length = random.below(payload.length - 2);
    refuses(channel, messageRoot, payload.slice(0, length), `cut off after ${length}`);
    assert.throws(() => clients['@iota/mam.js'].open(payload, messageRoot, wrongKey.side_key));
  });
}

for (const [maker, make] of Object.entries(treeMakers)) {
  for (const leaves of [2, 4, 8]) {
    test(`we open what ${maker} writes with ${leaves} messages under a root (seed ${seed})`, () => {
      const channel = { ...randomChannel(), index: 0 };
      const texts = Array.from({ length: leaves + 1 }, (_, i) => `message ${i} ${random.below(1000)}`);
      for (const [i, created] of make(channel, leaves, texts.map(trytesFromAscii)).entries()) {
        const opened = open(channel, created.root, created.payload);
        assert.deepEqual(opened, { message: texts[i], next_root: created.next_root, security: channel.security });
      }
    });
  }
}

test('messages of trytes that are no text need --trytes', () => {
  const channel = { ...randomChannel(), security: 2 };
  const message = 'Z' + random.trytes(500);
  const created = create(channel, message, '--trytes');
  for (const client of Object.values(clients)) {
    assert.equal(client.open(created.payload, created.root, channel.side_key).message, message);
  }
  assert.equal(tryToOpen(channel, created.root, created.payload).status, 3);
  assert.equal(open(channel, created.root, created.payload, '--trytes').message, message);
});

test('create refuses what the clients would garble or give away', () => {
  const options = ['mam', 'create', '--mode', 'public', '--seed-file'];
  assert.equal(run([...options, secretFile('seed', random.trytes(81))], 'caf\xe9').status, 3);
  assert.equal(run([...options, secretFile('seed', random.trytes(80))], 'text').status, 3);
  assert.equal(run([...options, secretFile('seed', '{"format":"glucoledger/mam-state","version":1}')], 'text').status, 3);
});
