// A legacy node's recorded answers against ours, field by field: status, names, types, the shape of errors.
//
// The transcript is outside data: $GLUCOLEDGER_TEST_DATA/engines/iri-transcript.md (default ../shared); without it these tests
// are skipped. Its requests are sent as they are, with hashes, addresses and trytes of this node's own ledger in their
// places. Every difference stands in `expected` below and, with its reason, in docs/iri-api.md; anything else fails, and so
// does an expected difference that is none any more.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { createRequire } from 'node:module';

import iotaCore from '@iota/core';

import { post, projectRoot, startNode } from './program.mjs';

const require = createRequire(import.meta.url);
const { addChecksum } = require('@iota/checksum');
const { trytesToTrits, tritsToTrytes, valueToTrits } = require('@iota/converter');
const { transactionHash } = require('@iota/transaction');
const { createBundle, finalizeBundle } = require('@iota/bundle');

const data = process.env.GLUCOLEDGER_TEST_DATA ?? path.join(projectRoot, '../shared');
const file = path.join(data, 'engines/iri-transcript.md');
const skip = fs.existsSync(file) ? false : `there is no ${file}`;

// By the transcript's headings. `status`: ours. `more`, `less`: fields that ours has beyond theirs, or lacks. `types`: fields of another type.
const expected = {
  'getNodeInfo': {
    more: [
      'minWeightMagnitude', 'networkId', 'confirmsData', 'pagesTransactions', 'maxDepth', 'maxBundleTransactions',
      'maxWaitingTransactions', 'maxWaitingMs', 'maxTimestampAheadMs', 'retentionMs', 'duplicateWindowMs',
    ],
    why: 'tells what a client needs to know of this ledger',
  },
  'getTips (IRI; not in Hornet)': { status: 200, why: 'the original Java node has it' },
  'getTransactionsToApprove depth 1000': { status: 400, why: 'depth is bounded' },
  'getTransactionsToApprove with reference (unknown hash)': { status: 400, why: 'what builds on nothing is never confirmed' },
  'attachToTangle wrong length': { status: 400, why: "the fault is the client's" },
  'attachToTangle invalid characters': { status: 400, why: "the fault is the client's" },
  "attachToTangle mwm higher than the node's": { status: 200, why: 'a client may want more weight than the ledger asks for' },
  'attachToTangle trunk of bad length': { status: 400, why: "the fault is the client's" },
  'attachToTangle no trunk/branch': { status: 400, why: "the fault is the client's" },
  'interruptAttachingToTangle': { status: 200, why: 'the original Java node has it' },
  'findTransactions addresses (90, with checksum)': { status: 200, why: 'clients show addresses with checksum' },
  'checkConsistency unknown tail': { more: ['info'], why: 'judged, not always true' },
  'getBalances 90 trytes': { status: 200, why: 'clients show addresses with checksum' },
  'addNeighbors (empty)': { status: 400, why: 'there are no neighbors' },
  'removeNeighbors (unknown)': { status: 400, why: 'there are no neighbors' },
  'getMissingTransactions (IRI)': { status: 200, why: 'the original Java node has it' },
  'no Content-Type (urllib sends application/x-www-form-urlencoded)': { status: 200, why: 'JSON is all there is to read' },
  'Content-Type text/plain': { status: 200, why: 'JSON is all there is to read' },
  'GET /': { types: ['error'], why: 'every error is a text' },
  'POST /other': { types: ['error'], why: 'every error is a text' },
  'body over maxBodyLength (1000000)': { types: ['error'], why: 'every error is a text' },
  'GET /healthz': { status: 403, why: 'a route of the one node software that had it; /health is ours' },
  'GET info': { status: 403, why: 'a route of the one node software that had it' },
  'GET transaction metadata': { status: 403, why: 'a route of the one node software that had it' },
  'GET transactions?address': { status: 403, why: 'a route of the one node software that had it' },
  'broadcast: 2673 x 9 (null transaction)': { status: 400, why: 'it keeps a legacy node busy for ever' },
};

// "### heading", lines of headers and of the request, "HTTP **status**", the answer.
function parse(text) {
  const cases = [];
  for (const section of text.split(/^### /m).slice(1)) {
    const [, heading] = section.match(/^(.*)\n/);
    const status = section.match(/^HTTP \*\*(\d+)\*\*/m);
    if (!status) continue;
    const line = section.match(/^`(GET|POST|OPTIONS) (\S+)`$/m);
    const headers = section.match(/^request headers: `(\{.*\})`$/m);
    const request = section.match(/^> (.*)$/m);
    const answer = section.slice(status.index).match(/```\n([\s\S]*?)\n```/);
    cases.push({
      heading,
      method: line?.[1] ?? 'POST',
      path: line?.[2] ?? '/',
      headers: headers ? JSON.parse(headers[1]) : {},
      request: request?.[1] ?? '',
      status: Number(status[1]),
      answer: answer && answer[1].trim() !== '(empty)' ? JSON.parse(answer[1]) : null,
    });
  }
  return cases;
}

const shape = (value) => (Array.isArray(value) ? 'array' : value === null ? 'nothing' : typeof value);
// The type of each field; of a list also that of its first entry, where both have one.
function typesOf(answer) {
  const types = {};
  for (const [name, value] of Object.entries(answer ?? {})) types[name] = [shape(value), Array.isArray(value) ? shape(value[0]) : ''];
  return types;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'glucoledger-transcript-'));
let node;
let ours; // what stands in this ledger, by what it is in the transcript's
before(async () => {
  if (skip) return;
  node = await startNode(path.join(folder, 'ledger'), 1);
  ours = await fill(node.url);
});
after(async () => {
  if (node) await node.stop();
  fs.rmSync(folder, { recursive: true });
});

const address = 'GLUCOLEDGER'.padEnd(81, '9');
const kHourMs = 3600 * 1000;

const put = (trytes, offset, text) => trytes.slice(0, offset) + text + trytes.slice(offset + text.length);
const number = (value) => tritsToTrytes(valueToTrits(value)).padEnd(9, '9');
const hasWork = (trytes) => transactionHash(trytesToTrits(trytes)).at(-1) === 0;
// Other nonces until the hash ends in a zero trit, the node's weight, or does not.
function withWork(trytes, wanted) {
  for (let nonce = 0; ; ++nonce) {
    const tried = put(trytes, 2646, number(nonce));
    if (hasWork(tried) === wanted) return tried;
  }
}

// A bundle of another time of issue, with nothing said of its attachment's time.
function issuedAt(moment) {
  const made = createBundle([{
    address: trytesToTrits(address),
    signatureOrMessage: trytesToTrits('HELLOWORLD'.padEnd(2187, '9')),
    issuanceTimestamp: valueToTrits(Math.floor(moment / 1000)),
  }]);
  const trytes = tritsToTrytes(finalizeBundle(made));
  return withWork(put(put(trytes, 2430, ours.trunk), 2511, ours.branch), true);
}

async function firstMilestone(iota) {
  for (let attempt = 0; attempt < 300; ++attempt) {
    const { latestMilestone, latestMilestoneIndex } = await iota.getNodeInfo();
    if (latestMilestoneIndex > 0) return latestMilestone;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail('no milestone after 30 s');
}

async function fill(url) {
  const iota = iotaCore.composeAPI({ provider: url });
  const prepare = async () =>
    (await iota.prepareTransfers('9'.repeat(81), [{ address, value: 0, message: 'HELLOWORLD', tag: 'IRITX' }]))[0];
  const [sent] = await iota.sendTrytes([await prepare()], 3, 1);
  const [stored] = await iota.getTrytes([sent.hash]);
  const { trunkTransaction: trunk, branchTransaction: branch } = await iota.getTransactionsToApprove(3);
  const unattached = await prepare();
  const attached = withWork(put(put(put(unattached, 2430, trunk), 2511, branch), 2619, number(Date.now())), true);
  const milestone = await firstMilestone(iota);
  return { hash: sent.hash, stored, trunk, branch, unattached, attached, milestone };
}

// What stood in the transcript's "trytes", by its heading, of this ledger.
function trytesOf(heading, text, index) {
  const { attached, unattached } = ours;
  if (/2674 trytes/.test(text)) return `${attached}9`;
  if (/2672 trytes\)a/.test(text)) return `${attached.slice(0, 2672)}a`;
  if (/2672 trytes/.test(text)) return attached.slice(0, 2672);
  if (/^9{20}/.test(text)) return '9'.repeat(2673);
  if (/^attachToTangle/.test(heading)) return unattached;
  if (/not powed|random nonce/.test(heading) || (/one without PoW/.test(heading) && index === 1)) return withWork(attached, false);
  if (/unknown/.test(heading)) return withWork(put(attached, 2430, 'TRUNK'.padEnd(81, 'A') + 'BRANCH'.padEnd(81, 'A')), true);
  const time = heading.match(/^broadcast: (attachmentTimestamp 0 and timestamp|attachmentTimestamp) 1 hour in the (past|future)/);
  if (!time) return attached;
  const moment = Date.now() + (time[2] === 'past' ? -kHourMs : kHourMs);
  if (time[1] === 'attachmentTimestamp') return withWork(put(attached, 2619, number(moment)), true);
  return issuedAt(moment);
}

// One text of a request: theirs, or what it names in this ledger.
function replaced(heading, field, text, index) {
  if (typeof text !== 'string') return text;
  if (field === 'trytes') return trytesOf(heading, text, index);
  if (/…\(90 trytes\)$/.test(text)) {
    const whole = addChecksum(field === 'hashes' ? ours.hash : address);
    return /wrong/.test(heading) ? put(whole, 81, whole[81] === 'A' ? 'B' : 'A') : whole;
  }
  // Not the made-up ones, which nobody knows: AAA..., 999...A.
  if (!/^[9A-Z]{81}$/.test(text) || /^(.)\1{70}/.test(text)) return text;
  if (field === 'approvees') return ours.stored.slice(2430, 2511);
  if (field === 'bundles') return ours.stored.slice(2349, 2430);
  if (field === 'trunkTransaction') return ours.trunk;
  if (field === 'branchTransaction') return ours.branch;
  if (field === 'reference') return ours.milestone;
  if (field === 'addresses') return address;
  if (/milestone/.test(heading) || field === 'tips') return ours.milestone;
  return ours.hash;
}

function translated({ heading, request }) {
  if (/^body over/.test(heading)) return JSON.stringify({ command: 'getNodeInfo', filler: 'x'.repeat(5 << 20) });
  const many = request.match(/\[1001 \w+\]/);
  if (many) return request.replace(many[0], JSON.stringify(Array(1001).fill(`${'A'.repeat(80)}9`)));
  let body;
  try {
    body = JSON.parse(request);
  } catch {
    return request;
  }
  if (Array.isArray(body)) return request;
  for (const [field, value] of Object.entries(body)) {
    body[field] = Array.isArray(value)
      ? value.map((entry, index) => replaced(heading, field, entry, index))
      : replaced(heading, field, value, 0);
  }
  return JSON.stringify(body);
}

async function askOurs(recorded) {
  const headers = Object.keys(recorded.headers).length > 0 ? recorded.headers : { 'Content-Type': 'application/json' };
  if (/^no Content-Type/.test(recorded.heading)) headers['Content-Type'] = 'application/x-www-form-urlencoded';
  const where = recorded.path.replace(/[9A-Z]{81}/, ours.hash);
  const body = recorded.method === 'POST' ? translated(recorded) : undefined;
  const response = await fetch(node.url + where, { method: recorded.method, headers, body });
  const text = await response.text();
  return { status: response.status, answer: text === '' ? null : JSON.parse(text) };
}

for (const recorded of skip ? [] : parse(fs.readFileSync(file, 'utf8'))) {
  test(`as recorded: ${recorded.heading}`, async () => {
    const differs = expected[recorded.heading] ?? {};
    const { status, answer } = await askOurs(recorded);
    assert.equal(status, differs.status ?? recorded.status, JSON.stringify(answer).slice(0, 300));
    assert.notEqual(differs.status, recorded.status, 'no difference any more: take it out of the list');
    if (status >= 400) {
      assert.equal(typeof answer?.error, 'string');
      assert.notEqual(answer.error, '');
      assert.equal(Object.keys(answer).length, 1);
      return;
    }
    if (recorded.status >= 400) return;
    const theirs = typesOf(recorded.answer);
    const here = typesOf(answer);
    assert.deepEqual(Object.keys(here).filter((name) => !(name in theirs)), differs.more ?? [], 'fields beyond theirs');
    assert.deepEqual(Object.keys(theirs).filter((name) => !(name in here)), differs.less ?? [], 'fields missing');
    for (const [name, [type, entry]] of Object.entries(theirs)) {
      if (!(name in here)) continue;
      assert.equal(here[name][0], type, name);
      if (entry !== 'undefined' && here[name][1] !== 'undefined') assert.equal(here[name][1], entry, `${name}[0]`);
    }
  });
}

test('every expected difference is one of the transcript', { skip }, () => {
  const headings = new Set(parse(fs.readFileSync(file, 'utf8')).map(({ heading }) => heading));
  assert.deepEqual(Object.keys(expected).filter((heading) => !headings.has(heading)), []);
});
