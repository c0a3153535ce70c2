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

// Searches one transaction after the other on one thread, until they have taken two seconds.
func hashesPerSecond(search func(trinary.Trytes, int, chan int64, ...int) (trinary.Trytes, error)) float64 {
	const minWeightMagnitude = 13
	hashes, elapsed := int64(0), time.Duration(0)
	for seed := uint32(1); elapsed < 2*time.Second; seed++ {
		transaction := exampleTrytes(transactionTrytes, seed)
		rate := make(chan int64, 1)
		start := time.Now()
		if _, err := search(transaction, minWeightMagnitude, rate, 1); err != nil {
			panic(err)
		}
		elapsed += time.Since(start)
		hashes += <-rate
	}
	return float64(hashes) / elapsed.Seconds()
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

func main() {
	block := trinary.MustTrytesToTrits(exampleTrytes(81, 1))
	sponge := curl.NewCurlP81()
	transaction := trinary.MustTrytesToTrits(exampleTrytes(transactionTrytes, 1))
	figures := map[string]float64{
		"pow_avx_hashes_per_second": hashesPerSecond(avxProofOfWork),
		"pow_go_hashes_per_second":  hashesPerSecond(goProofOfWork),
		"p81_us":                    bestMicroseconds(func() { sponge.Absorb(block) }),
		"transaction_us":            bestMicroseconds(func() { curl.HashTrits(transaction) }),
	}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		panic(err)
	}
}
