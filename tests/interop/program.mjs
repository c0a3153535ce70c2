// The program under test and its nodes, for the tests that judge it from outside.
// GLUCOLEDGER_BIN: the program (also GLUCOLEDGER; default build/glucoledger).
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = path.dirname(fileURLToPath(import.meta.url));
export const projectRoot = path.join(here, '../..');
export const program =
  process.env.GLUCOLEDGER_BIN ?? process.env.GLUCOLEDGER ?? path.join(projectRoot, 'build/glucoledger');

export function run(args, input) {
  const child = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(child.error, undefined, `${program} cannot be run: build it, or set GLUCOLEDGER_BIN`);
  return child;
}

export function linesOf(args, input) {
  const child = run(args, input);
  assert.equal(child.status, 0, child.stderr);
  return child.stdout.trim().split('\n').map((line) => JSON.parse(line));
}

// As run(), beside what this process serves.
export async function runBeside(args, input = '') {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (chunk) => {
      texts[name] += chunk;
    });
  }
  child.stdin.end(input);
  const [status] = await once(child, 'close');
  return { status, ...texts };
}

// A node with a folder of its own; end() ends it in good order, stop() also removes the folder.
export async function startNode(folder, weight, options = []) {
  const child = spawn(
    program, ['node', '--listen', '127.0.0.1:0', '--data', folder, '--mwm', String(weight), '--json', ...options],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  child.stdout.resume();
  const { url } = JSON.parse(text);
  const end = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const [status] = await ended;
    assert.equal(status, 0);
  };
  const stop = async () => {
    await end();
    fs.rmSync(folder, { recursive: true });
  };
  return { url, weight, child, end, stop };
}

export async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-IOTA-API-Version': '1', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, answer: text === '' ? null : JSON.parse(text) };
}
