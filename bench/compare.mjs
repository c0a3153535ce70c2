#!/usr/bin/env node
// Ours beside the peers, measured one after the other on one thread, in one table. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const glucoledger = process.env.GLUCOLEDGER ?? join(folder, '..', 'build', 'glucoledger');

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

function ours(name, kernel) {
  try {
    const options = { stdio: ['ignore', 'pipe', 'ignore'] };
    return JSON.parse(run(glucoledger, ['bench', name, '--kernel', kernel, '--json'], options));
  } catch {
    return undefined; // a kernel that this machine does not have
  }
}

function iotaGo() {
  const scratch = mkdtempSync(join(tmpdir(), 'glucoledger-bench-'));
  try {
    const program = join(scratch, 'iota-go');
    run('go', ['build', '-tags', 'pow_avx', '-o', program, '.'], {
      cwd: join(folder, 'peers', 'iota-go'),
      env: { ...process.env, CGO_ENABLED: '1' },
    });
    return JSON.parse(run(program, []));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

// [what, its unit, ours, the peer's, the peer, whether more is better]
function rows(go, npm) {
  const result = [];
  for (const kernel of ['portable', 'avx2', 'avx512']) {
    const pow = ours('pow', kernel);
    if (!pow) continue;
    const curl = ours('curl', kernel);
    const mam = ours('mam', kernel);
    const add = (what, unit, own, theirs, peer, more = false) =>
      result.push([`${kernel}: ${what}`, unit, own, theirs, peer, more]);
    const rate = pow.hashes_per_second / 1e6;
    if (kernel !== 'portable') {
      add('proof of work', 'M hashes/s', rate, go.pow_avx_hashes_per_second / 1e6, 'iota.go AVX', true);
    }
    add('proof of work', 'M hashes/s', rate, go.pow_go_hashes_per_second / 1e6, 'iota.go pure', true);
    add('Curl-P-81, one', 'us', curl.p81_us, go.p81_us, 'iota.go');
    add("a transaction's hash", 'us', curl.transaction_us, go.transaction_us, 'iota.go');
    for (const [client, figures] of Object.entries(npm)) {
      add('MAM create, alone', 'ms', mam.create_ms, figures.create_ms, client);
      add('MAM create, next', 'ms', mam.create_next_ms, figures.create_ms, client);
      add('MAM open', 'ms', mam.open_ms, figures.open_ms, client);
    }
  }
  return result;
}

const npm = JSON.parse(run('node', [join(folder, 'peers', 'mam.mjs')]));
const line = (what, unit, own, theirs, ratio, peer) =>
  what.padEnd(32) + unit.padEnd(12) + own.padStart(10) + theirs.padStart(12) + ratio.padStart(9) + '  ' + peer;
console.log(line('work', 'unit', 'ours', 'theirs', 'ratio', 'peer'));
for (const [what, unit, own, theirs, peer, more] of rows(iotaGo(), npm)) {
  const ratio = more ? own / theirs : theirs / own;
  console.log(line(what, unit, own.toFixed(4), theirs.toFixed(4), ratio.toFixed(1), peer));
}
