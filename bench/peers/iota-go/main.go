// Measures iota.go v1.0.0 and prints one JSON object.
//
// Its searches count their hashes only for themselves, so the two functions are linked to by name.
package main

import (
	"encoding/json"
	"os"
	"time"
	_ "unsafe"

	"github.com/iotaledger/iota.go/curl"
	"github.com/iotaledger/iota.go/kerl"
	_ "github.com/iotaledger/iota.go/pow"
	"github.com/iotaledger/iota.go/trinary"
)

//go:linkname avxProofOfWork github.com/iotaledger/iota.go/pow.avxProofOfWork
func avxProofOfWork(trytes trinary.Trytes, mwm int, rate chan int64, parallelism ...int) (trinary.Trytes, error)

//go:linkname goProofOfWork github.com/iotaledger/iota.go/pow.goProofOfWork
func goProofOfWork(trytes trinary.Trytes, mwm int, rate chan int64, parallelism ...int) (trinary.Trytes, error)

const transactionTrytes = 2673

func exampleTrytes(length int, random uint32) trinary.Trytes {
	const alphabet = "9ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	trytes := make([]byte, length)
	for i := range trytes {
		random = random*1664525 + 1013904223
		trytes[i] = alphabet[(random>>16)%27]
	}
	return trinary.Trytes(trytes)
}

// Searches one transaction after the other on one thread; the best of several windows of about a quarter of a second.
func hashesPerSecond(search func(trinary.Trytes, int, chan int64, ...int) (trinary.Trytes, error)) float64 {
	const minWeightMagnitude = 11
	best, seed := 0.0, uint32(1)
	for window := 0; window < 8; window++ {
		hashes, elapsed := int64(0), time.Duration(0)
		for ; elapsed < 250*time.Millisecond; seed++ {
			transaction := exampleTrytes(transactionTrytes, seed)
			rate := make(chan int64, 1)
			start := time.Now()
			if _, err := search(transaction, minWeightMagnitude, rate, 1); err != nil {
				panic(err)
			}
			elapsed += time.Since(start)
			hashes += <-rate
		}
		best = max(best, float64(hashes)/elapsed.Seconds())
	}
	return best
}

// What the hash of a bundle covers: 162 trytes of each transaction.
func essencesOf(transactions int) []trinary.Trits {
	essences := make([]trinary.Trits, transactions)
	for i := range essences {
		essences[i] = trinary.MustTrytesToTrits(exampleTrytes(162, uint32(i+1)))
		essences[i][242], essences[i][485] = 0, 0 // Kerl takes blocks of 242 trits
	}
	return essences
}

// The best of many means.
func bestMicroseconds(work func()) float64 {
	const repetitions = 200
	best := time.Hour
	for run := 0; run < 50; run++ {
		start := time.Now()
		for i := 0; i < repetitions; i++ {
			work()
		}
		best = min(best, time.Since(start)/repetitions)
	}
	return float64(best.Nanoseconds()) / 1e3
}

func kerlHash(inputs ...trinary.Trits) trinary.Trits {
	sponge := kerl.NewKerl()
	for _, input := range inputs {
		if err := sponge.Absorb(input); err != nil {
			panic(err)
		}
	}
	return sponge.MustSqueeze(243)
}

func main() {
	block := trinary.MustTrytesToTrits(exampleTrytes(81, 1))
	sponge := curl.NewCurlP81()
	transaction := trinary.MustTrytesToTrits(exampleTrytes(transactionTrytes, 1))
	essences := essencesOf(3)
	kerlBlock := essences[0][:243]
	figures := map[string]float64{
		"pow_avx_hashes_per_second": hashesPerSecond(avxProofOfWork),
		"pow_go_hashes_per_second":  hashesPerSecond(goProofOfWork),
		"p81_us":                    bestMicroseconds(func() { sponge.Absorb(block) }),
		"transaction_us":            bestMicroseconds(func() { curl.HashTrits(transaction) }),
		"kerl_us":                   bestMicroseconds(func() { kerlHash(kerlBlock) }),
		"bundle_hash_us":            bestMicroseconds(func() { kerlHash(essences...) }),
	}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		panic(err)
	}
}
