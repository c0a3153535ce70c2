// Makes tests/vectors/trinary.json and mam.json from the npm reference clients, the same on every run:
//   npm ci && node make-vectors.mjs
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { ALPHABET, clients, Random, treeMakers, trytesFromAscii } from './clients.mjs';

const require = createRequire(import.meta.url);
const folder = path.dirname(fileURLToPath(import.meta.url));
const bundles = require('@iota/bundle');
const converter = require('@iota/converter');
const { default: Curl } = require('@iota/curl');
const { default: Kerl } = require('@iota/kerl');
const { transactionHash, TRANSACTION_LENGTH } = require('@iota/transaction');
const { B1T6 } = require('@iota/iota.js');
// Not part of the package's interface: found beside its entry.
const mamFolder = path.join(folder, 'node_modules/@iota/mam.js/dist/esm/utils');
const { pascalEncode } = await import(pathToFileURL(path.join(mamFolder, 'pascal.mjs')));

const version = (name) => JSON.parse(fs.readFileSync(path.join(folder, 'node_modules', name, 'package.json'))).version;
const origin = (names) => 'tests/interop/make-vectors.mjs, with npm ' + names.map((n) => `${n} ${version(n)}`).join(', ');
const random = new Random(20180101);

function spongeHash(sponge, trytes) {
  const input = converter.trytesToTrits(trytes);
  sponge.absorb(input, 0, input.length);
  const hash = new Int8Array(243);
  sponge.squeeze(hash, 0, 243);
  return converter.tritsToTrytes(hash);
}

function makeBundle({ fragmentCount, tag }) {
  const address = random.trytes(81);
  const timestamp = 1542883200;
  const fragments = Array.from({ length: fragmentCount }, () => random.trytes(2187));
  let bundle = bundles.createBundle([
    {
      address: converter.trytesToTrits(address),
      signatureOrMessage: converter.trytesToTrits(fragments.join('')),
      issuanceTimestamp: converter.valueToTrits(timestamp),
      tag: converter.trytesToTrits(tag),
      obsoleteTag: converter.trytesToTrits(tag),
    },
  ]);
  bundle = bundles.finalizeBundle(bundle);
  const transactions = [];
  for (let offset = 0; offset < bundle.length; offset += TRANSACTION_LENGTH) {
    transactions.push(bundle.slice(offset, offset + TRANSACTION_LENGTH));
  }
  const trytes = transactions.map((trits) => converter.tritsToTrytes(trits));
  return {
    address,
    tag,
    timestamp,
    fragments,
    bundle_hash: trytes[0].slice(2349, 2430),
    trytes,
    transaction_hashes: transactions.map((trits) => converter.tritsToTrytes(transactionHash(trits))),
  };
}

function b1t6(bytes) {
  const trits = new Int8Array(6 * bytes.length);
  B1T6.encode(trits, 0, bytes);
  return converter.tritsToTrytes(trits);
}

function trinaryVectors() {
  const lengths = (list) => list.map((length) => random.trytes(length));
  const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
  const integers = [0, 1, -1, 2, 13, -13, 14, 364, 1542883200, -1542883200, 2779530283277761, -2779530283277761];
  return {
    source: origin(['@iota/curl', '@iota/kerl', '@iota/converter', '@iota/bundle', '@iota/transaction', '@iota/iota.js']),
    trytes: [...ALPHABET].map((tryte) => ({ tryte, trits: [...converter.trytesToTrits(tryte)] })),
    curl: lengths([81, 162, 243, 891, 1, 7, 80, 100, 2673]).map((input) => ({
      input,
      curl_p27: spongeHash(new Curl(27), input),
      curl_p81: spongeHash(new Curl(81), input),
    })),
    kerl: [...lengths([81, 81, 162, 324, 486]), '9'.repeat(81), 'M'.repeat(81), 'N'.repeat(162)].map((input) => ({
      input,
      kerl_384: spongeHash(new Kerl(), input),
    })),
    integers: integers.map((value) => ({ value, trits: [...converter.valueToTrits(value)] })),
    ascii: ['', 'Z', '{"a":1}', 'glucose 5.4 mmol/L', String.fromCharCode(...Array(128).keys())].map((ascii) => ({
      ascii,
      trytes: ascii === '' ? '' : converter.asciiToTrytes(ascii),
    })),
    // 143 is the first pair of trytes beyond ASCII's 127; an odd tryte is half a byte.
    not_ascii: ['A', 'ODG', 'UD9', 'TE', 'ZZ', '9E', 'od'],
    b1t6: [Uint8Array.of(0), Uint8Array.of(127, 128, 255, 1), everyByte].map((bytes) => ({
      hex: Buffer.from(bytes).toString('hex'),
      trytes: b1t6(bytes),
    })),
    // The bundle of three is one whose first normalised hash held a 13, so that its obsolete tag was raised.
    bundles: [makeBundle({ fragmentCount: 1, tag: random.trytes(27) }), raisedBundle(), makeBundle({ fragmentCount: 2, tag: '9'.repeat(27) })],
  };
}

function raisedBundle() {
  for (;;) {
    const bundle = makeBundle({ fragmentCount: 3, tag: random.trytes(27) });
    if (bundle.trytes[0].slice(2295, 2322) !== bundle.tag) return bundle;
  }
}

function makeMessages() {
  const messages = [];
  for (const maker of Object.keys(clients)) {
    for (const security of [1, 2, 3]) {
      for (const [position, mode] of ['public', 'private', 'restricted'].entries()) {
        const channel = {
          maker,
          seed: random.trytes(81),
          security,
          mode,
          side_key: mode === 'restricted' ? random.trytes([1, 40, 81][security - 1]) : null,
          index: [0, 1, 26, 1000][(position + security) % 4],
        };
        const message = random.trytes([1, 20, 81, 162, 920][random.below(5)]);
        const { payload, root, address, next_root } = clients[maker].create(channel, message);
        for (const [name, client] of Object.entries(clients)) {
          const opened = client.open(payload, root, channel.side_key);
          if (opened.message !== message || opened.next_root !== next_root) throw new Error(`${name} disagrees`);
        }
        messages.push({ ...channel, message, root, address, next_root, payload });
      }
    }
  }
  return messages;
}

// Trees of several messages, by both; what both open, so must we.
function makeTrees() {
  const trees = [];
  for (const [maker, make] of Object.entries(treeMakers)) {
    for (const [leaves, security] of [[2, 1], [4, 2]]) {
      const channel = { maker, seed: random.trytes(81), security, mode: 'restricted', side_key: random.trytes(81) };
      const texts = Array.from({ length: leaves + 1 }, () => random.trytes(9));
      const messages = make(channel, leaves, texts).map((made, i) => ({ ...made, message: texts[i], index: i % leaves }));
      for (const { payload, root, message, next_root } of messages) {
        for (const [name, client] of Object.entries(clients)) {
          const opened = client.open(payload, root, channel.side_key);
          if (opened.message !== message || opened.next_root !== next_root) throw new Error(`${name} disagrees on a tree`);
        }
      }
      trees.push({ ...channel, leaves, messages });
    }
  }
  return trees;
}

// What @iota/mam.js throws at, so must we.
function makeRefused(messages) {
  const { payload, root, mode, side_key } = messages.find((m) => m.mode === 'restricted' && m.security === 2);
  const flip = (position) => {
    const other = payload[position] === 'A' ? 'B' : 'A';
    return payload.slice(0, position) + other + payload.slice(position + 1);
  };
  const refused = [
    { why: 'another side key', payload, root, side_key: side_key.slice(0, -1) + (side_key.endsWith('A') ? 'B' : 'A') },
    { why: 'another root', payload, root: random.trytes(81), side_key },
    { why: 'no side key', payload, root, side_key: '9'.repeat(81) },
    { why: 'a changed tryte in the next root', payload: flip(10), root, side_key },
    { why: 'a changed tryte in the message', payload: flip(90), root, side_key },
    { why: 'a changed tryte in the signature', payload: flip(payload.length - 2000), root, side_key },
    { why: 'cut off in the signature', payload: payload.slice(0, 1000), root, side_key },
    { why: 'cut off in the next root', payload: payload.slice(0, 50), root, side_key },
  ];
  for (const vector of refused) {
    let opened;
    try {
      opened = clients['@iota/mam.js'].open(vector.payload, vector.root, vector.side_key);
    } catch {
      continue;
    }
    throw new Error(`@iota/mam.js opened: ${vector.why}: ${JSON.stringify(opened)}`);
  }
  return refused.map((vector) => ({ ...vector, mode }));
}

function mamVectors() {
  const messages = makeMessages();
  const lengths = [0, 1, 3, 12, 13, 14, 27, 60, 243, 365, 2760, 9840, 9843, 300000, 193710244];
  return {
    source: origin(['@iota/mam', '@iota/mam.js']) + '; the nonce is free, so payloads may differ, all else must not',
    pascal: lengths.map((value) => ({ value, trits: [...pascalEncode(value)] })),
    messages,
    refused: makeRefused(messages),
    trees: makeTrees(),
  };
}

// One vector a line.
function write(name, document) {
  const sections = Object.entries(document).map(([key, value]) => {
    if (!Array.isArray(value)) return `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    return `${JSON.stringify(key)}: [\n${value.map((vector) => '  ' + JSON.stringify(vector)).join(',\n')}\n]`;
  });
  fs.writeFileSync(path.join(folder, '../vectors', name), `{\n${sections.join(',\n')}\n}\n`);
}

write('trinary.json', trinaryVectors());
write('mam.json', mamVectors());
