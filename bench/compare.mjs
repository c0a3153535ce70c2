#!/usr/bin/env node
// Ours beside the peers, measured one after the other in one run, in one table with ratios and goals. See
// bench/README.md.
//
//   bench/compare.mjs [--markdown | --json] [--quick]
//
// --quick: fewer runs where chance decides, and a day at MWM 14 scaled up from a part of it. A peer that cannot be built
// or is not installed is named on standard error and left out.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const folder = dirname(fileURLToPath(import.meta.url));
const glucoledger = process.env.GLUCOLEDGER ?? join(folder, '..', 'build', 'glucoledger');
const peers = join(folder, 'peers');
const built = join(folder, '..', 'build', 'bench-peers');
const { values: options } = parseArgs({
  options: { markdown: { type: 'boolean' }, json: { type: 'boolean' }, quick: { type: 'boolean' } },
});

const run = (command, args, more = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...more });

function ours(name, ...args) {
  return JSON.parse(run(glucoledger, ['bench', name, '--json', ...args.map(String)]));
}

function peer(name, measure) {
  try {
    return JSON.parse(measure());
  } catch (error) {
    const reason = (error.stderr || error.message).trim().split('\n').at(-1);
    console.error(`skipped: ${name}: ${reason}`);
    return undefined;
  }
}

function goProgram(name, tags) {
  const program = join(built, name);
  run('go', ['build', '-tags', tags, '-o', program, '.'], {
    cwd: join(peers, name),
    env: { ...process.env, CGO_ENABLED: '1' },
  });
  return run(program, []);
}

function rustProgram() {
  const own = join(homedir(), '.cargo', 'bin', 'cargo');
  const target = join(built, 'rust');
  run(existsSync(own) ? own : 'cargo', ['build', '--release', '--locked', '--quiet'], {
    cwd: join(peers, 'rust'),
    env: { ...process.env, CARGO_TARGET_DIR: target },
  });
  return run(join(target, 'release', 'glucoledger-bench-peers'), []);
}

const usableKernels = () =>
  run(glucoledger, ['--verbose', '--version'])
    .split('\n')
    .find((line) => line.startsWith('kernel'))
    .replace(/^.*, of/, '')
    .trim()
    .split(' ');

// ---- the table

const rows = [];
const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const shown = (value, unit) => (value === undefined ? '' : `${digits(value)} ${unit}`.trim());

// `goal`: [limit, 'least' or 'most', of what: 'ratio' or 'ours'].
function add(work, unit, own, { theirs, name = '', more = false, goal } = {}) {
  const ratio = theirs === undefined ? undefined : more ? own / theirs : theirs / own;
  const row = { work, ours: shown(own, unit), peer: name, theirs: shown(theirs, unit), ratio, goal: '', met: '' };
  if (goal && (goal[2] === 'ours' || ratio !== undefined)) {
    const [limit, way, of] = goal;
    const value = of === 'ratio' ? ratio : own;
    row.goal = `at ${way} ${limit}${of === 'ratio' ? ' x' : unit === '%' ? ' %' : unit ? ` ${unit}` : ''}`;
    row.met = (way === 'least' ? value >= limit : value <= limit) ? 'yes' : 'no';
  }
  rows.push(row);
}

function addKernel(kernel, best, { go, p27, rust, script, mam }) {
  const pow = ours('pow', '--kernel', kernel);
  const curl = ours('curl', '--kernel', kernel);
  const own = ours('mam', '--kernel', kernel);
  const at = (work) => `${work}, ${kernel}`;
  const rate = pow.hashes_per_second / 1e6;
  const searches = [
    ['iota.go AVX', go?.pow_avx_hashes_per_second, { avx512: 5, avx2: 3 }[kernel]],
    ['iota.go pure Go', go?.pow_go_hashes_per_second, { avx512: 25, portable: 3 }[kernel]],
    ['bee-pow', rust?.bee_pow_hashes_per_second],
    ['iota-crypto, 64 at once', rust?.batch_hashes_per_second],
  ];
  for (const [name, theirs, least] of searches) {
    if (theirs === undefined) continue;
    const goal = least && [least, 'least', 'ratio'];
    add(at('proof of work'), 'M hashes/s', rate, { theirs: theirs / 1e6, name, more: true, goal });
  }
  const goals = (limit, way, of) => (best ? [limit, way, of] : undefined);
  const single = (work, figure, theirs, least) => {
    if (theirs.every(([, value]) => value === undefined)) add(at(work), 'us', figure);
    for (const [name, value] of theirs) {
      const goal = name.startsWith('iota.go') && least ? goals(least, 'least', 'ratio') : undefined;
      if (value !== undefined && (best || name.startsWith('iota.go'))) {
        add(at(work), 'us', figure, { theirs: value, name, goal });
      }
    }
  };
  single('one Curl-P-27', curl.p27_us, [['iota.go beta.15', p27?.p27_us], ['@iota/curl', script?.p27_us]], 20);
  if (best && go) add(at('one Curl-P-27'), 'us', curl.p27_us, { theirs: go.p81_us / 3, name: "a third of iota.go's P-81" });
  const theirP81 = [['iota.go', go?.p81_us], ['iota-crypto', rust?.p81_us], ['@iota/curl', script?.p81_us]];
  single('one Curl-P-81', curl.p81_us, theirP81, 12);
  single("a transaction's hash", curl.transaction_us, [
    ['iota.go', go?.transaction_us],
    ['iota-crypto', rust?.transaction_us],
    ['@iota/curl', script?.transaction_us],
  ]);
  add(at('one Curl-P-27, a link'), 'us', curl.p27_link_us);
  add(at('one of 512 Curl-P-27'), 'us', curl.p27_of_512_us);
  add(at('the same, of a single one'), '%', curl.p27_of_512_percent_of_single, { goal: goals(30, 'most', 'ours') });
  addMam(at, own, mam, best, goals);
}

function addMam(at, own, clients, best, goals) {
  const works = [
    ['MAM create, alone', own.create_ms, 'create_ms', 0.35],
    ['MAM create, next in a channel', own.create_next_ms, 'create_ms', 0.2],
    ['MAM create, in a batch', own.create_in_batch_ms, 'create_ms', 0.1],
    ['MAM open', own.open_ms, 'open_ms', 0.1],
  ];
  for (const [work, figure, name, most] of works) {
    const [faster, slower] = Object.entries(clients ?? {}).sort(([, a], [, b]) => a[name] - b[name]);
    const beside = (client) => (client ? { theirs: client[1][name], name: client[0] } : {});
    add(at(work), 'ms', figure, { ...beside(faster), goal: goals(most, 'most', 'ours') });
    if (work !== 'MAM create, alone' || !best) continue;
    if (faster) add(at(work), 'ms', figure, { ...beside(faster), goal: goals(450, 'least', 'ratio') });
    if (slower) add(at(work), 'ms', figure, beside(slower));
  }
  add(at(`a stream of ${own.stream_messages} messages, opened`), 'ms', own.stream_open_ms, {
    goal: goals(60, 'most', 'ours'),
  });
  add(at('memory to create'), 'KiB', own.create_memory_kib, { goal: goals(1024, 'most', 'ours') });
  add(at('memory to open'), 'KiB', own.open_memory_kib, { goal: goals(1024, 'most', 'ours') });
}

function addKerl({ go, script }) {
  const own = ours('kerl');
  const kerl = [['iota.go', go?.kerl_us], ['@iota/kerl', script?.kerl_us]];
  for (const [name, theirs] of kerl) if (theirs !== undefined) add('one Kerl', 'us', own.kerl_us, { theirs, name });
  add('hash of a bundle of 3', 'us', own.bundle_hash_us, { theirs: go?.bundle_hash_us, name: go ? 'iota.go' : '' });
  add('check of a bundle of 3', 'us', own.bundle_check_us);
}

function addWhole(runs) {
  const pow = ours('pow', '--threads', 2, '--runs', runs);
  add('proof of work, two threads', 'x one thread', pow.times_one_thread, { goal: [1.9, 'least', 'ours'] });
  add('one at MWM 14, two threads: expected', 'ms', pow.mwm14_expected_ms, { goal: [190, 'most', 'ours'] });
  add(`the same, mean of ${pow.runs}`, 'ms', pow.run_mean_ms);
  add('the same, SD', 'ms', pow.run_sd_ms);
  add('memory of proof of work, a thread', 'KiB', pow.memory_kib_per_thread, { goal: [1024, 'most', 'ours'] });
  for (const [mwm, most] of [[14, 600], [9, 10]]) {
    const attach = ours('attach', '--mwm', mwm, '--threads', 2, '--runs', runs);
    const paper = mwm === 14 ? { theirs: 6100, name: "the paper's Table 1" } : {};
    const work = `create and attach 857 bytes, MWM ${mwm}`;
    add(`${work}: mean of ${attach.runs}`, 'ms', attach.total_mean_ms, { ...paper, goal: [most, 'most', 'ours'] });
    add('the same, SD', 'ms', attach.total_sd_ms);
    for (const part of ['create', 'work', 'store']) add(`of it: ${part}`, 'ms', attach[`${part}_mean_ms`]);
  }
  for (const mwm of [9, 14]) {
    for (const readings of [144, 288]) {
      const measured = options.quick && mwm === 14 ? 12 : 0;
      const day = ours('day', '--readings', readings, '--mwm', mwm, '--measured', measured);
      const scaled = measured ? ` (scaled from ${measured})` : '';
      add(`a day of ${readings} readings, MWM ${mwm}${scaled}`, 'CPU s', day.cpu_seconds);
      add('the same, of a day', '%', day.percent_of_a_day);
    }
  }
}

function text(row, widths) {
  return row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd();
}

function print() {
  const head = ['work', 'ours', 'peer', 'theirs', 'ratio', 'goal', 'met'];
  const cells = rows.map((row) => head.map((name) => (name === 'ratio' && row.ratio ? digits(row.ratio) : row[name] ?? '')));
  if (options.json) return console.log(JSON.stringify(rows));
  if (options.markdown) {
    console.log(`| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}`);
    for (const row of cells) console.log(`| ${row.join(' | ')} |`);
    return undefined;
  }
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i].length)));
  for (const row of [head, ...cells]) console.log(text(row, widths));
  return undefined;
}

mkdirSync(built, { recursive: true });
const measured = {
  go: peer('iota.go v1.0.0', () => goProgram('iota-go', 'pow_avx')),
  p27: peer('iota.go v1.0.0-beta.15', () => goProgram('iota-go-p27', '')),
  rust: peer('bee-pow and iota-crypto', rustProgram),
  script: peer('@iota/curl and @iota/kerl', () => run('node', [join(peers, 'curl.mjs')])),
  mam: peer('@iota/mam and @iota/mam.js', () => run('node', [join(peers, 'mam.mjs')])),
};
const kernels = usableKernels();
for (const kernel of kernels) addKernel(kernel, kernel === 'avx512', measured);
addKerl(measured);
addWhole(options.quick ? 20 : 300);
print();
