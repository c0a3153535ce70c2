// Measures @iota/curl and @iota/kerl (tests/interop) and prints one JSON object: the best of many means.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../tests/interop/package.json', import.meta.url));
const Curl = require('@iota/curl').default;
const Kerl = require('@iota/kerl').default;

const HASH_TRITS = 243;
const TRANSACTION_TRITS = 8019;

function bestMicroseconds(work, repetitions) {
  let best = Infinity;
  for (let run = 0; run < 20; ++run) {
    const start = performance.now();
    for (let i = 0; i < repetitions; ++i) work();
    best = Math.min(best, ((performance.now() - start) / repetitions) * 1e3);
  }
  return best;
}

const trits = Int8Array.from({ length: TRANSACTION_TRITS }, (_, i) => ((i * 7919) % 3) - 1);
const kerlBlock = trits.slice(0, HASH_TRITS);
kerlBlock[HASH_TRITS - 1] = 0;
const out = new Int8Array(HASH_TRITS);
const p27 = new Curl(27);
const p81 = new Curl(81);
console.log(
  JSON.stringify({
    p27_us: bestMicroseconds(() => p27.absorb(trits, 0, HASH_TRITS), 100),
    p81_us: bestMicroseconds(() => p81.absorb(trits, 0, HASH_TRITS), 50),
    transaction_us: bestMicroseconds(() => {
      p81.reset();
      p81.absorb(trits, 0, TRANSACTION_TRITS);
      p81.squeeze(out, 0, HASH_TRITS);
    }, 5),
    kerl_us: bestMicroseconds(() => {
      const kerl = new Kerl();
      kerl.initialize();
      kerl.absorb(kerlBlock, 0, HASH_TRITS);
      kerl.squeeze(out, 0, HASH_TRITS);
    }, 50),
  }),
);
