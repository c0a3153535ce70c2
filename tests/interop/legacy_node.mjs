// A stand-in for a legacy node (Hornet 0.5.10), as its recorded answers show it: no field of our own, finds cut at 1,000
// without a word, 2,673 x 9 for what it does not know, commands missing, and data bundles stored but never confirmed.
import http from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { fromValue, trytesToTrits, tritsToTrytes } = require('@iota/converter');
const { transactionHash } = require('@iota/transaction');

const kFindMax = 1000;
const kListMax = 1000;
const kBodyMax = 1_000_000;
const kMinWeightMagnitude = 14;
const kNothing = '9'.repeat(81);
const kCoordinator = 'COORDINATOR'.padEnd(81, '9');
const isHash = (text) => /^[9A-Z]{81}$/.test(text);

class Refusal extends Error {
  constructor(text, status = 400) {
    super(`${status === 400 ? 'invalid parameter' : 'Internal Server Error'}, error: ${text}: code=${status}`);
    this.status = status;
  }
}

export class LegacyNode {
  constructor() {
    this.bodies = new Map(); // by hash
    this.addresses = new Map(); // hashes by address
    this.asked = new Map(); // how often, by command
    this.milestone = 'MILESTONE'.padEnd(81, '9');
    this.confirmsAll = false;
    this.isDown = false; // breaks every connection off
    this.server = http.createServer((request, response) => this.serve(request, response));
  }

  // As where a coordinator is at work: a milestone of just now, which confirms what stands here.
  confirmAll() {
    const timestamp = tritsToTrytes(fromValue(Math.floor(Date.now() / 1000))).padEnd(9, '9');
    const body = '9'.repeat(2187) + kCoordinator + '9'.repeat(54) + timestamp + '9'.repeat(2673 - 2331);
    this.milestone = LegacyNode.hashOf(body);
    this.bodies.set(this.milestone, body);
    this.confirmsAll = true;
  }
  async start() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }
  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  serve(request, response) {
    if (this.isDown) {
      request.socket.destroy();
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const [status, answer] = this.handle(request, Buffer.concat(chunks));
      const text = JSON.stringify(answer);
      response.writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8', Vary: 'Origin', 'Content-Length': text.length });
      response.end(text);
    });
  }

  handle(request, body) {
    if (request.method !== 'POST') return [405, { error: { code: '405', message: 'Method Not Allowed' } }];
    if (body.length > kBodyMax) return [413, { error: { code: '413', message: 'Request Entity Too Large' } }];
    try {
      if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) throw new Refusal('Unsupported Media Type');
      const asked = JSON.parse(body.toString());
      const command = String(asked.command);
      this.asked.set(command, (this.asked.get(command) ?? 0) + 1);
      const answer = this[`do_${command.toLowerCase()}`];
      if (answer === undefined) throw new Refusal(`command is unknown: ${command}`);
      return [200, { ...answer.call(this, asked), duration: 0 }];
    } catch (error) {
      return [error.status ?? 400, { error: error.message }];
    }
  }

  static hashOf(body) {
    return tritsToTrytes(transactionHash(trytesToTrits(body)));
  }

  hashesOf(list) {
    if (list.length > kListMax) throw new Refusal(`too many hashes. maximum allowed: ${kListMax}`);
    const bad = list.find((hash) => !isHash(hash));
    if (bad !== undefined) throw new Refusal(`invalid hash provided: ${bad}`);
    return list;
  }

  do_getnodeinfo() {
    return {
      appName: 'HORNET-legacy', appVersion: '0.5.10', latestMilestone: this.milestone, latestMilestoneIndex: 79,
      latestSolidSubtangleMilestone: this.milestone, latestSolidSubtangleMilestoneIndex: 79, isSynced: true,
      isHealthy: false, milestoneStartIndex: 0, lastSnapshottedMilestoneIndex: 0, neighbors: 0, time: Date.now(),
      tips: 2, transactionsToRequest: 0, features: ['RemotePOW', 'WereAddressesSpentFrom'],
      coordinatorAddress: kCoordinator,
    };
  }
  do_getnodeapiconfiguration() {
    return { maxFindTransactions: kFindMax, maxRequestsList: kListMax, maxGetTrytes: kListMax, maxBodyLength: kBodyMax, milestoneStartIndex: 0 };
  }
  do_gettransactionstoapprove() {
    return { trunkTransaction: this.milestone, branchTransaction: this.milestone };
  }
  do_storetransactions({ trytes = [] }) {
    if (trytes.length === 0) throw new Refusal('No trytes provided');
    const taken = trytes.map((body) => {
      if (!/^[9A-Z]{2673}$/.test(body)) throw new Refusal('invalid trytes');
      const hash = LegacyNode.hashOf(body);
      const worked = trytesToTrits(hash).slice(243 - kMinWeightMagnitude).every((trit) => trit === 0);
      if (!worked) throw new Refusal('invalid transaction hash');
      return [hash, body];
    });
    for (const [hash, body] of taken) this.put(hash, body);
    return {};
  }
  do_broadcasttransactions(asked) {
    return this.do_storetransactions(asked);
  }
  put(hash, body) {
    if (this.bodies.has(hash)) return;
    this.bodies.set(hash, body);
    const address = body.slice(2187, 2268);
    if (!this.addresses.has(address)) this.addresses.set(address, []);
    this.addresses.get(address).push(hash);
  }
  do_findtransactions({ addresses = [] }) {
    for (const address of addresses) {
      if (address.length === 90) throw new Refusal('invalid address length', 500);
      if (!isHash(address)) throw new Refusal(`invalid address hash provided: ${address}`);
    }
    if (addresses.length > kListMax) throw new Refusal('too many bundle, address, approvee or tag hashes. max. allowed: 1000');
    return { hashes: addresses.flatMap((address) => this.addresses.get(address) ?? []).slice(0, kFindMax) };
  }
  do_gettrytes({ hashes = [] }) {
    return { trytes: this.hashesOf(hashes).map((hash) => this.bodies.get(hash) ?? '9'.repeat(2673)) };
  }
  do_getinclusionstates({ transactions = [] }) {
    const isConfirmed = (hash) => hash === this.milestone || hash === kNothing || (this.confirmsAll && this.bodies.has(hash));
    return { states: this.hashesOf(transactions).map(isConfirmed) };
  }
  do_checkconsistency() {
    return { state: true };
  }
  do_getneighbors() {
    return { neighbors: [] };
  }
}
