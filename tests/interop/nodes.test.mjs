// Several nodes of one ledger, and nodes that go away and come back while commands follow. Each node's URL is a door
// in front of one node of ours: shut, it is a node that does not answer.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { post, program, projectRoot, runBeside, startNode } from './program.mjs';

const kPatienceMs = 60_000;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-nodes-'));
const at = (name) => path.join(folder, name);
const header = 5; // lines of an export before its first reading
let exported;
let node;
const doors = [];

class Door {
  constructor(url) {
    this.leadTo(url);
    this.connections = 0;
    this.sockets = new Set();
  }
  leadTo(url) {
    this.target = Number(new URL(url).port);
  }
  async open(port = 0) {
    this.server = net.createServer((outer) => {
      this.connections += 1;
      const inner = net.connect(this.target, '127.0.0.1');
      for (const [socket, other] of [[outer, inner], [inner, outer]]) {
        this.sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }
  async shut() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

const run = (home, ...args) => runBeside(['--home', at(home), '--json', ...args]);
async function done(home, ...args) {
  const { status, stdout, stderr } = await run(home, ...args);
  assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
  return { ...JSON.parse(stdout), stderr };
}
async function fetched(home) {
  const { status, stdout } = await run(home, 'fetch', 'robin');
  return { status, ...JSON.parse(stdout).patients[0] };
}
// Some readings of the export, as a file of its own that appears at once.
function someReadings(name, first, count) {
  const lines = exported.slice(0, header).concat(exported.slice(header + first, header + first + count));
  fs.writeFileSync(at('.new'), lines.join('\n') + '\n');
  fs.renameSync(at('.new'), name);
}
// Shares with a clinic's home, which names the ledger by itself or takes the invitation's.
async function invite(patient, clinic, ...options) {
  await done(patient, 'share', '--to', clinic, '--uri-file', at(`${clinic}.uri`));
  await done(clinic, 'init', '--role', 'clinic', ...options);
  await done(clinic, 'receive', at(`${clinic}.uri`), '--name', 'robin');
}

before(async () => {
  exported = execFileSync(path.join(projectRoot, 'examples/make-export'), ['1'], { encoding: 'utf8' }).split('\n');
  node = await startNode(at('ledger'), 1);
  for (let i = 0; i < 3; ++i) doors.push(await new Door(node.url).open());
});
after(async () => {
  for (const door of doors) await door.shut();
  await node.stop();
  fs.rmSync(folder, { recursive: true });
});

test('of three nodes one may be away, with two away what is missing is in doubt', async () => {
  const urls = doors.map(({ url }) => url).join(',');
  await done('patient', 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', urls);
  someReadings(at('export.csv'), 0, 40);
  await done('patient', 'import', at('export.csv'));
  await done('patient', 'publish', '--last', '2');
  await invite('patient', 'clinic', '--ledger', urls);
  await invite('patient', 'guest'); // knows the nodes by the invitation alone
  for (const home of ['clinic', 'guest']) assert.equal((await fetched(home)).new_records, 2);

  await doors[0].shut();
  const one = await done('patient', 'publish', '--last', '2');
  assert.deepEqual([one.confirmed_messages, one.doubt], [2, '']);
  for (const home of ['clinic', 'guest']) {
    const { status, state, new_records } = await fetched(home);
    assert.deepEqual([status, state, new_records], [0, 'FOUND', 2]);
    assert.equal((await fetched(home)).state, 'NOT YET', 'two of three agree');
  }

  await doors[1].shut();
  const away = await run('patient', 'publish', '--last', '2');
  assert.equal(away.status, 6, 'one node of three may keep nothing of what it says to have confirmed');
  const two = JSON.parse(away.stdout);
  assert.deepEqual([two.readings, two.confirmed_messages], [2, 0]);
  assert.match(two.doubt, /only 1 of 3 nodes answered/);
  for (const home of ['clinic', 'guest']) {
    const { status, state, new_records, problems } = await fetched(home);
    assert.deepEqual([status, state, new_records], [6, 'UNREACHABLE', 2], 'what is found is kept; the rest is not known');
    assert.match(problems[0].reason, /only 1 of 3 nodes answered/);
  }

  await doors[2].shut();
  const none = await run('patient', 'publish', '--last', '2');
  assert.equal(none.status, 6, none.stderr);
  assert.equal(JSON.parse(none.stdout).messages_waiting, 4);
  assert.equal((await fetched('clinic')).status, 6);

  for (const door of doors) await door.open(door.port);
  const all = await done('patient', 'publish', '--last', '2');
  assert.deepEqual([all.messages_waiting, all.doubt], [0, '']);
  for (const home of ['clinic', 'guest']) {
    const { status, state, records } = await fetched(home);
    assert.deepEqual([status, state, records], [0, 'FOUND', 10]);
  }
});

for (const command of ['findTransactions', 'getInclusionStates']) {
  test(`of three nodes one that leaves ${command} unanswered keeps no note back`, async () => {
    const stalling = http.createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      if (JSON.parse(body).command === command) return;
      const { status, text } = await post(node.url, body);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
    });
    stalling.listen(0, '127.0.0.1');
    await once(stalling, 'listening');
    try {
      const url = `http://127.0.0.1:${stalling.address().port}`;
      const urls = [url, doors[0].url, doors[1].url].join(',');
      const patient = `patient-${command}`;
      const clinic = `clinic-${command}`;
      await done(patient, 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', urls);
      await done(patient, 'import', at('export.csv'));
      await done(patient, 'publish', '--last', '2');
      await invite(patient, clinic, '--ledger', urls);
      assert.equal((await fetched(clinic)).new_records, 2);
      const { notes_waiting } = await done(patient, 'revoke', clinic);
      assert.equal(notes_waiting, 0);
      const { status, state } = await fetched(clinic);
      assert.deepEqual([status, state], [5, 'CLOSED']);
    } finally {
      stalling.closeAllConnections();
      stalling.close();
    }
  });
}

test('mam fetch and mam publish do not take the word of too few nodes', async () => {
  const urls = doors.map(({ url }) => url).join(',');
  const channel = ['--node', urls, '--mode', 'public'];
  const publish = () => runBeside(['mam', 'publish', ...channel, '--state', at('channel')], 'text');
  const { root } = JSON.parse((await publish()).stdout);
  const fetch = (first) => runBeside(['mam', 'fetch', ...channel, '--root', first]);
  assert.equal((await fetch(root)).status, 0);
  assert.equal((await fetch('A'.repeat(81))).status, 4);
  await doors[0].shut();
  await doors[2].shut();
  const some = await fetch(root);
  assert.equal(some.status, 6, 'whether the channel ends there is not known');
  assert.equal(JSON.parse(some.stdout).message, 'text');
  assert.match(some.stderr, /only 1 of 3 nodes answered/);
  assert.equal((await fetch('A'.repeat(81))).status, 6);
  assert.equal((await publish()).status, 6, 'whether the next key signed elsewhere is not known');
  for (const door of [doors[0], doors[2]]) await door.open(door.port);
  assert.equal((await publish()).status, 0);
});

test('init warns of a node that does not answer, and makes the home', async () => {
  const mistyped = await run('mistyped', 'init', '--ledger', `${doors[0].url},http://127.0.0.1:1`);
  assert.equal(mistyped.status, 0);
  assert.match(mistyped.stderr, /warning: the home is made, but the node at 127\.0\.0\.1:1 does not answer.*\n.*make it anew/);
  assert.doesNotMatch(mistyped.stderr, new RegExp(`:${doors[0].port}`));
  assert.ok(fs.existsSync(at('mistyped')));
  assert.equal((await run('well', 'init', '--ledger', doors[0].url)).stderr, '');
});

// What a command that follows prints, line by line.
class Following {
  constructor(home, ...args) {
    this.lines = [];
    this.stderr = '';
    this.child = spawn(program, ['--home', at(home), '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    this.child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      const parts = text.split('\n');
      text = parts.pop();
      this.lines.push(...parts.map((line) => JSON.parse(line)));
    });
    this.child.stderr.setEncoding('utf8').on('data', (chunk) => {
      this.stderr += chunk;
    });
  }
  async until(what, holds) {
    for (const end = Date.now() + kPatienceMs; Date.now() < end;) {
      if (holds(this)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`${what}: not within ${kPatienceMs} ms: ${JSON.stringify(this.lines)} ${this.stderr}`);
  }
  async stop() {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGINT');
    assert.equal((await ended)[0], 0, this.stderr);
  }
}

test('who follows keeps its connections, and survives that the node is killed and comes back', async () => {
  let own = await startNode(at('own-ledger'), 1);
  const door = await new Door(own.url).open();
  const exports = at('exports');
  fs.mkdirSync(exports);
  await done('sender', 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', door.url);
  await invite('sender', 'reader');
  const sum = (lines, name) => lines.reduce((total, line) => total + (line[name] ?? 0), 0);
  const arrived = (count) => ({ lines }) => sum(lines, 'new_records') === count;

  const sending = new Following('sender', 'publish', '--follow', exports);
  const reading = new Following('reader', 'fetch', '--follow', '--every', '0.1');
  someReadings(path.join(exports, '1.csv'), 0, 4);
  await reading.until('the first readings', arrived(4));
  const connections = door.connections;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  someReadings(path.join(exports, '2.csv'), 4, 4);
  await reading.until('more readings', arrived(8));
  assert.ok(door.connections - connections <= 4, `${door.connections - connections} connections in 2 s of following`);

  own.child.kill('SIGKILL');
  await once(own.child, 'exit');
  someReadings(path.join(exports, '3.csv'), 8, 4);
  await sending.until('the failure', ({ stderr }) => /trying again/.test(stderr));
  await reading.until('the failure', ({ lines }) => lines.some(({ state }) => state === 'UNREACHABLE'));
  own = await startNode(at('own-ledger'), 1);
  door.leadTo(own.url);
  await reading.until('what waited', arrived(12));

  await sending.stop();
  await reading.stop();
  const { readings_waiting, messages_waiting, notes_waiting } = await done('sender', 'publish');
  assert.deepEqual([readings_waiting, messages_waiting, notes_waiting], [0, 0, 0]);
  await door.shut();
  await own.stop();
});
