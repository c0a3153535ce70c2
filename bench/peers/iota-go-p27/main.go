// Measures one Curl-P-27 hash of iota.go v1.0.0-beta.15, the last version that has it, and prints one JSON object.
package main

import (
	"encoding/json"
	"os"
	"time"

	"github.com/iotaledger/iota.go/curl"
	"github.com/iotaledger/iota.go/trinary"
)

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
	const alphabet = "9ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	trytes := make([]byte, 81)
	random := uint32(1)
	for i := range trytes {
		random = random*1664525 + 1013904223
		trytes[i] = alphabet[(random>>16)%27]
	}
	block := trinary.MustTrytesToTrits(trinary.Trytes(trytes))
	sponge := curl.NewCurlP27()
	figures := map[string]float64{"p27_us": bestMicroseconds(func() {
		if err := sponge.Absorb(block); err != nil {
			panic(err)
		}
	})}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		panic(err)
	}
}
