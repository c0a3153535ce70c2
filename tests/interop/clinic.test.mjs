// A clinic fetches from many patients of whom ten turned hostile, in ten different ways, after they had been let in: the
// others' records arrive, the ten are told by name, and it takes about as long as without them.
// GLUCOLEDGER_CLINIC_PATIENTS: how many honest ones (12; both times are printed, and compared by whoever reads them).
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, before, test } from 'node:test';

import { program, projectRoot, runBeside, startNode } from './program.mjs';

const kHonest = Number(process.env.GLUCOLEDGER_CLINIC_PATIENTS ?? 12);
const kReadings = 48;
const kBoundMs = 120_000;
const kMebibyte = 1 << 20;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-clinic-'));
const at = (name) => path.join(folder, name);
let node;
const hostile = [];

const http = (body, status = '200 OK') => `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const json = (value, status) => http(JSON.stringify(value), status);
function pour(socket, piece) {
  const more = () => {
    while (!socket.destroyed && socket.write(piece)) { /* until it is full */ }
  };
  socket.on('drain', more);
  more();
}
// What each does with a request.
const kManners = {
  silent: () => {},
  reset: (socket) => socket.resetAndDestroy(),
  refuses: (socket) => socket.write(json({ error: 'no' }, '400 Bad Request')),
  'wants-a-token': (socket) => socket.write(json({ error: 'who are you' }, '401 Unauthorized')),
  drips: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
    const timer = setInterval(() => socket.write(' '), 200);
    socket.on('close', () => clearInterval(timer));
  },
  'pours-arrays': (socket) => socket.write(http(`{"hashes":[${'[],'.repeat(8_000_000)}[]]}`)),
  'pours-a-body': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    pour(socket, ' '.repeat(kMebibyte));
  },
  'pours-extensions': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;');
    pour(socket, 'a'.repeat(kMebibyte));
  },
  // These three know their part: they say who they are, and lie about what they keep.
  'pages-without-end': (socket, asked) => socket.write(json({ hashes: [], next: (asked.after ?? 0) + 1 })),
  'says-pruned': (socket, asked) => socket.write(json({ hashes: [], pruned: asked.addresses ?? [] })),
};

// Leads to the honest node until it turns.
class Turncoat {
  constructor(manner) {
    this.manner = manner;
    this.knowsItsPart = ['pages-without-end', 'says-pruned'].includes(manner);
    this.hasTurned = false;
    this.sockets = new Set();
  }
  async open() {
    this.server = net.createServer((socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
      let received = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        const end = received.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length: *(\d+)/i.exec(received.subarray(0, end).toString())?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        const body = received.subarray(end + 4, end + 4 + length).toString();
        received = received.subarray(end + 4 + length);
        void this.answer(socket, body);
      });
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }
  async answer(socket, body) {
    const asked = JSON.parse(body);
    if (this.hasTurned && !(this.knowsItsPart && asked.command.startsWith('getNode'))) {
      kManners[this.manner](socket, asked);
      return;
    }
    const headers = { 'Content-Type': 'application/json', 'X-IOTA-API-Version': '1' };
    const response = await fetch(node.url, { method: 'POST', headers, body });
    if (!socket.destroyed) socket.write(http(await response.text(), `${response.status} .`));
  }
  close() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

async function done(home, ...args) {
  const { status, stdout, stderr } = await runBeside(['--home', at(home), '--json', ...args]);
  assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}
async function invite(name, url) {
  await done(name, 'init', '--time-zone', 'Europe/Amsterdam', '--ledger', url);
  await done(name, 'import', at('export.csv'));
  await done(name, 'publish', '--last', String(kReadings));
  await done(name, 'share', '--to', 'clinic', '--uri-file', at(`${name}.uri`));
  fs.rmSync(at(name), { recursive: true });
}
// A clinic's home that was let in by these.
async function clinicOf(names, home) {
  await done(home, 'init', '--role', 'clinic');
  for (const name of names) await done(home, 'receive', at(`${name}.uri`), '--name', name);
}
// Each patient's line, and when it came.
async function fetchAll(home) {
  const begin = performance.now();
  const child = spawn(program, ['--home', at(home), 'fetch'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  child.stderr.resume();
  for await (const line of readline.createInterface({ input: child.stdout })) {
    lines.push({ line, ms: performance.now() - begin });
  }
  const [status] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  return { status, lines, ms: performance.now() - begin };
}
// When the last of these came, who all brought what was shared.
function arrivalOf(names, { lines }) {
  return Math.max(...names.map((name) => {
    const told = lines.find(({ line }) => line.startsWith(`${name}: `));
    assert.equal(told?.line, `${name}: FOUND; ${kReadings} new records, ${kReadings} in all`);
    return told.ms;
  }));
}

before(async () => {
  const made = spawnSync(path.join(projectRoot, 'examples/make-export'), ['1'], { encoding: 'utf8' });
  fs.writeFileSync(at('export.csv'), made.stdout);
  node = await startNode(at('ledger'), 1);
  for (const manner of Object.keys(kManners)) hostile.push(await new Turncoat(manner).open());
});
after(async () => {
  for (const one of hostile) one.close();
  await node.stop();
  fs.rmSync(folder, { recursive: true });
});

test('hostile patients are told by name and keep the others from nothing', async (t) => {
  const honest = Array.from({ length: kHonest }, (_, i) => `patient-${i}`);
  for (const name of honest) await invite(name, node.url);
  for (const one of hostile) await invite(one.manner, one.url);
  await clinicOf(honest, 'without');
  await clinicOf([...honest, ...Object.keys(kManners)], 'with');
  const without = await fetchAll('without');
  for (const one of hostile) one.hasTurned = true;
  const all = await fetchAll('with');
  assert.equal(without.status, 0);
  const alone = arrivalOf(honest, without);
  const beside = arrivalOf(honest, all);
  t.diagnostic(`${kHonest} patients: ${alone.toFixed(0)} ms; beside ${hostile.length} hostile ones: ` +
    `${beside.toFixed(0)} ms (${(beside / alone).toFixed(2)} times), and all are told after ${all.ms.toFixed(0)} ms`);
  for (const { manner } of hostile) {
    const told = all.lines.filter(({ line }) => line.startsWith(`${manner}: `));
    assert.equal(told.length, 1, manner);
    assert.match(told[0].line, /: (UNREACHABLE|CORRUPT|PRUNED|NOT YET); 0 new records/);
  }
  assert.ok(all.ms < kBoundMs, `${all.ms} ms`);
});
