// Measures both MAM reference clients (tests/interop) and prints one JSON object: the best of several runs each.
import { Random, clients, trytesFromAscii } from '../../tests/interop/clients.mjs';

const RECORD_BYTES = 857;
const RUNS = 5;

const random = new Random(1);
const channel = {
  seed: random.trytes(81),
  mode: 'restricted',
  side_key: random.trytes(81),
  security: 2,
  index: 0,
};
const message = trytesFromAscii(random.ascii(RECORD_BYTES));

function bestMilliseconds(work) {
  let best = Infinity;
  for (let run = 0; run < RUNS; ++run) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const figures = {};
for (const [name, client] of Object.entries(clients)) {
  const { payload, root } = client.create(channel, message);
  figures[name] = {
    create_ms: bestMilliseconds(() => client.create(channel, message)),
    open_ms: bestMilliseconds(() => client.open(payload, root, channel.side_key)),
  };
}
console.log(JSON.stringify(figures));
