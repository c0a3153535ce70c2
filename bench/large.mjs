#!/usr/bin/env node
// How a node does over large ledgers, in one table:
//   bench/large.mjs [--keep FOLDER] [TRANSACTIONS...]        (default: 100000 1000000 10000000; make bench-large)
//
// For each size: a ledger is filled in process (`bench fill`), a node serves it, `bench node` asks on one connection and one
// thing a request, all over the ledger; resident memory is read, the node is killed with -9 while it takes transactions,
// and started again. Ten million take about 20 GB of disk and an hour. $GLUCOLEDGER, else build/glucoledger. --keep leaves
// the ledgers there and uses those that are there already. --json prints one line of JSON a size.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const program = process.env.GLUCOLEDGER ?? path.join(root, 'build/glucoledger');
const words = process.argv.slice(2);
const json = words.includes('--json');
const keepAt = words.indexOf('--keep');
const kept = keepAt < 0 ? null : words[keepAt + 1];
const named = words.filter((word) => /^\d+$/.test(word)).map(Number);
const sizes = named.length > 0 ? named : [100_000, 1_000_000, 10_000_000];
const kReads = { approve: 'getTransactionsToApprove', trytes: 'getTrytes', find: 'findTransactions' };
const kSeconds = 5;

const run = (...args) => JSON.parse(execFileSync(program, ['--json', ...args], { maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'ignore'] }));
const diskMib = (folder) => fs.readdirSync(folder, { recursive: true })
  .reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0) / 2 ** 20;
const memoryMib = (pid, name) =>
  Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))[1]) / 1024;

// Serves when it returns; the seconds until then.
async function startNode(folder) {
  const start = performance.now();
  const child = spawn(program, ['--json', 'node', '--listen', '127.0.0.1:0', '--data', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  child.stdout.resume();
  return { child, url: JSON.parse(text).url, seconds: (performance.now() - start) / 1000 };
}
const tipsOf = async (url) => {
  const response = await fetch(url, { method: 'POST', body: '{"command":"getTips"}', headers: { 'Content-Type': 'application/json' } });
  return (await response.text()).replace(/"duration".*/, '');
};
async function end(child, signal) {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function measure(size, folder) {
  const row = { transactions: size };
  if (!fs.existsSync(folder)) row.fill_seconds = run('bench', 'fill', folder, '--transactions', String(size)).seconds;
  row.disk_mib = diskMib(folder);
  const node = await startNode(folder);
  row.start_s = node.seconds;
  for (const [mix, command] of Object.entries(kReads)) {
    const report = run('bench', 'node', node.url, '--connections', '1', '--batch', '1', '--mix', mix,
      '--seconds', String(kSeconds), '--filled', String(size));
    const { p50_ms, p99_ms } = report.commands[command];
    row[`${mix}_p50_ms`] = p50_ms;
    row[`${mix}_p99_ms`] = p99_ms;
  }
  row.rss_mib = memoryMib(node.child.pid, 'VmRSS');
  // Killed while it stores: what it acknowledged must be there, and it must be back soon.
  const tips = await tipsOf(node.url);
  const load = spawn(program, ['bench', 'node', node.url, '--seconds', '60', '--transactions', '5000', '--batch', '5'], { stdio: 'ignore' });
  const loaded = once(load, 'exit');
  while (load.exitCode === null && (await tipsOf(node.url)) === tips) await new Promise((resolve) => setTimeout(resolve, 50));
  row.rss_peak_mib = memoryMib(node.child.pid, 'VmHWM');
  await end(node.child, 'SIGKILL');
  await loaded;
  const again = await startNode(folder);
  row.start_after_kill_s = again.seconds;
  await end(again.child, 'SIGTERM');
  return row;
}

const parent = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-large-'));
const rows = [];
try {
  for (const size of sizes) {
    const folder = path.join(parent, `ledger-${size}`);
    rows.push(await measure(size, folder));
    if (!kept) fs.rmSync(folder, { recursive: true });
    if (json) console.log(JSON.stringify(rows.at(-1)));
  }
} finally {
  if (!kept) fs.rmSync(parent, { recursive: true, force: true });
}
if (!json) {
  const names = Object.keys(rows[0]);
  const shown = (value) => (value === undefined ? '' : Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : 0));
  console.log(`| ${names.join(' | ')} |\n|${names.map(() => '---:|').join('')}`);
  for (const row of rows) console.log(`| ${names.map((name) => shown(row[name])).join(' | ')} |`);
  if (rows.length > 1) {
    for (const mix of Object.keys(kReads)) {
      const p99 = rows.map((row) => row[`${mix}_p99_ms`]);
      console.log(`${kReads[mix]}: the slowest p99 is ${(Math.max(...p99) / Math.min(...p99)).toFixed(2)} times the fastest (goal: 2)`);
    }
  }
}
