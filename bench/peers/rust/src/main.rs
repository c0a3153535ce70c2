//! Measures bee-pow 1.0.0 and iota-crypto 0.23.2 on one thread and prints one JSON object: the best of several windows.

use std::time::{Duration, Instant};

use bee_pow::providers::miner::MinerBuilder;
use bee_pow::providers::{NonceProvider, NonceProviderBuilder};
use bee_pow::score::PoWScorer;
use crypto::encoding::ternary::{Btrit, T1B1Buf, TritBuf};
use crypto::hashes::ternary::curl_p::{CurlP, CurlPBatchHasher, BATCH_SIZE};
use crypto::hashes::ternary::HASH_LENGTH;

const TRANSACTION_TRITS: usize = 8019;
const WINDOW: Duration = Duration::from_millis(250);
const WINDOWS: usize = 8;

fn example_trits(count: usize) -> TritBuf<T1B1Buf> {
    let mut random: u32 = 1;
    (0..count)
        .map(|_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [Btrit::NegOne, Btrit::Zero, Btrit::PlusOne][((random >> 16) % 3) as usize]
        })
        .collect()
}

/// The best of several windows, in work a second; `step` does some work and tells how much.
fn best_rate(mut step: impl FnMut() -> u64) -> f64 {
    (0..WINDOWS)
        .map(|_| {
            let start = Instant::now();
            let mut done = 0;
            while start.elapsed() < WINDOW {
                done += step();
            }
            done as f64 / start.elapsed().as_secs_f64()
        })
        .fold(0.0, f64::max)
}

/// bee-pow's search is of the later protocol: one Curl-P-81 transform a nonce over a Blake2b digest, as here a nonce
/// costs one transform of the last block. It counts from nonce 0 in whole batches, so the nonce tells the hashes.
fn search_rate() -> f64 {
    let miner = MinerBuilder::new().with_num_workers(1).finish();
    let mut message = [0u8; 32];
    let mut run: u64 = 0;
    best_rate(|| {
        message[..8].copy_from_slice(&run.to_le_bytes());
        run += 1;
        let nonce = miner.nonce(&message, 400).expect("this score is possible");
        let mut bytes = message.to_vec();
        bytes.extend_from_slice(&nonce.to_le_bytes());
        assert!(PoWScorer::new().score(&bytes) >= 400.0, "a nonce that fails its own check");
        let batch = BATCH_SIZE as u64;
        (nonce / batch + 1) * batch
    })
}

/// Curl-P-81 in batches of 64: what a search costs without the making of nonces.
fn batch_rate() -> f64 {
    let input = example_trits(HASH_LENGTH);
    let mut hasher = CurlPBatchHasher::<T1B1Buf>::new(HASH_LENGTH);
    best_rate(|| {
        for _ in 0..BATCH_SIZE {
            hasher.add(input.clone());
        }
        hasher.hash().count() as u64
    })
}

fn main() {
    let block = example_trits(HASH_LENGTH);
    let transaction = example_trits(TRANSACTION_TRITS);
    let mut sponge = CurlP::new();
    let absorbs = best_rate(|| {
        (0..100).for_each(|_| sponge.absorb(&block));
        100
    });
    let transactions = best_rate(|| {
        std::hint::black_box(sponge.digest(&transaction));
        1
    });
    println!(
        "{{\"bee_pow_hashes_per_second\":{:.0},\"batch_hashes_per_second\":{:.0},\"p81_us\":{:.4},\"transaction_us\":{:.4}}}",
        search_rate(),
        batch_rate(),
        1e6 / absorbs,
        1e6 / transactions
    );
}
