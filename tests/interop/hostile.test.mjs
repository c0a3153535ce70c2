// The program as a node among clients that mean no good, or are slow: ten thousand idle connections, requests that
// come byte by byte, answers that nobody takes. It goes on answering others, within 160 MiB. (Bad requests one by one, and
// the ends of every wait: src/node/hostile_clients_test.cpp.)
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { post, startNode } from './program.mjs';

const kConnections = 10_000;
const kAtOnce = 500;
const kMemoryMaxKib = 160 << 10;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-hostile-'));
const filesMax = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim();
const tooFewFiles = filesMax !== 'unlimited' && Number(filesMax) < kConnections + 200;
let node;

before(async () => {
  node = await startNode(path.join(folder, 'ledger'), 1);
});
after(async () => {
  await node.stop();
  fs.rmSync(folder, { recursive: true });
});

const memoryKib = (name) =>
  Number(fs.readFileSync(`/proc/${node.child.pid}/status`, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))[1]);

function connect() {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(node.url);
    const socket = net.connect(Number(port), hostname);
    socket.once('connect', () => resolve(socket));
    socket.on('error', reject);
  });
}
async function connectMany(count) {
  const sockets = [];
  while (sockets.length < count) {
    sockets.push(...await Promise.all(Array.from({ length: Math.min(kAtOnce, count - sockets.length) }, connect)));
  }
  return sockets;
}
async function answersOthers() {
  for (let i = 0; i < 20; ++i) {
    const { status, answer } = await post(node.url, { command: 'getNodeInfo' });
    assert.equal(status, 200);
    assert.equal(answer.appName, 'glucoledger');
  }
}

test('ten thousand idle connections fit, and others are answered meanwhile',
  { skip: tooFewFiles ? `ulimit -n is ${filesMax}` : false }, async (t) => {
    const sockets = await connectMany(kConnections);
    let closed = 0;
    for (const socket of sockets) socket.once('close', () => ++closed);
    await answersOthers();
    const resident = memoryKib('VmRSS');
    t.diagnostic(`${kConnections} idle connections: ${(resident / 1024).toFixed(1)} MiB resident`);
    assert.ok(resident <= kMemoryMaxKib, `${resident} KiB`);
    assert.equal(closed, 0, 'none was turned away');
    for (const socket of sockets) socket.destroy();
    await answersOthers();
  });

test('requests that come byte by byte and answers that nobody takes hold up no one', async (t) => {
  const drop = await connectMany(300);
  const head = `POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n`;
  for (const [i, socket] of drop.entries()) {
    socket.on('error', () => {});
    socket.pause();
    if (i % 3 === 0) socket.write('P');
    if (i % 3 === 1) socket.write(`${head}{"command":`);
    // Thousands of requests in a row, whose answers are left where they are.
    if (i % 3 === 2) socket.write('GET /health HTTP/1.1\r\nHost: node\r\n\r\n'.repeat(5000));
  }
  for (let round = 0; round < 10; ++round) {
    for (let i = 0; i < drop.length; i += 3) drop[i].write('O');
    await answersOthers();
  }
  const resident = memoryKib('VmHWM');
  t.diagnostic(`300 slow clients: at most ${(resident / 1024).toFixed(1)} MiB resident`);
  assert.ok(resident <= kMemoryMaxKib, `${resident} KiB`);
  for (const socket of drop) socket.destroy();
  await answersOthers();
});
