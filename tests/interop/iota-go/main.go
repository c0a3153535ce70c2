// iota.go v1.0.0, unmodified, as a client of a node: reads one request as JSON and prints one answer.
//
//	{"url": ..., "do": "publish", "mwm": 1, "address": ..., "tag": ..., "message": trytes, "local": true}
//	{"url": ..., "do": "fetch", "address": ...}
//	{"url": ..., "do": "ask", "address": ...}
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/iotaledger/iota.go/api"
	"github.com/iotaledger/iota.go/bundle"
	"github.com/iotaledger/iota.go/checksum"
	"github.com/iotaledger/iota.go/consts"
	"github.com/iotaledger/iota.go/pow"
	"github.com/iotaledger/iota.go/trinary"
)

type request struct {
	URL     string
	Do      string
	MWM     uint64
	Address trinary.Hash
	Tag     trinary.Trytes
	Message trinary.Trytes
	Local   bool // proof of work here, not by the node's attachToTangle
}

type answer map[string]any

const depth = 3

// Where it takes addresses it wants them with their checksums: 90 trytes.
func withChecksum(address trinary.Hash) (trinary.Hash, error) {
	return checksum.AddChecksum(address, true, consts.AddressChecksumTrytesSize)
}

func publish(client *api.API, asked request) (answer, error) {
	transfers := bundle.Transfers{{Address: asked.Address, Tag: asked.Tag, Message: asked.Message}}
	prepared, err := client.PrepareTransfers(strings.Repeat("9", 81), transfers, api.PrepareTransfersOptions{})
	if err != nil {
		return nil, fmt.Errorf("PrepareTransfers: %w", err)
	}
	sent, err := client.SendTrytes(prepared, depth, asked.MWM)
	if err != nil {
		return nil, fmt.Errorf("SendTrytes: %w", err)
	}
	hashes := make([]trinary.Hash, len(sent))
	for i := range sent {
		hashes[i] = sent[i].Hash
	}
	return answer{"hashes": hashes, "bundle": sent[0].Bundle}, nil
}

// Waits for the confirmation of what stands there, for at most ten seconds.
func fetch(client *api.API, asked request) (answer, error) {
	found, err := client.FindTransactionObjects(api.FindTransactionsQuery{Addresses: trinary.Hashes{asked.Address}})
	if err != nil {
		return nil, fmt.Errorf("FindTransactionObjects: %w", err)
	}
	hashes := make([]trinary.Hash, len(found))
	tail := ""
	for i := range found {
		hashes[i] = found[i].Hash
		if found[i].CurrentIndex == 0 {
			tail = found[i].Hash
		}
	}
	whole, err := client.GetBundle(tail)
	if err != nil {
		return nil, fmt.Errorf("GetBundle: %w", err)
	}
	message := ""
	for i := range whole {
		message += whole[i].SignatureMessageFragment
	}
	confirmed := false
	for end := time.Now().Add(10 * time.Second); !confirmed && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		states, err := client.GetInclusionStates(hashes)
		if err != nil {
			return nil, fmt.Errorf("GetInclusionStates: %w", err)
		}
		confirmed = true
		for _, state := range states {
			confirmed = confirmed && state
		}
	}
	consistent, info, err := client.CheckConsistency(tail)
	if err != nil {
		return nil, fmt.Errorf("CheckConsistency: %w", err)
	}
	return answer{"hashes": hashes, "message": message, "confirmed": confirmed, "consistent": consistent, "info": info}, nil
}

func ask(client *api.API, asked request) (answer, error) {
	info, err := client.GetNodeInfo()
	if err != nil {
		return nil, fmt.Errorf("GetNodeInfo: %w", err)
	}
	neighbors, err := client.GetNeighbors()
	if err != nil {
		return nil, fmt.Errorf("GetNeighbors: %w", err)
	}
	balances, err := client.GetBalances(trinary.Hashes{asked.Address})
	if err != nil {
		return nil, fmt.Errorf("GetBalances: %w", err)
	}
	spent, err := client.WereAddressesSpentFrom(asked.Address)
	if err != nil {
		return nil, fmt.Errorf("WereAddressesSpentFrom: %w", err)
	}
	_, refused := client.StoreTransactions(strings.Repeat("9", consts.TransactionTrinarySize/3))
	return answer{
		"app": info.AppName, "neighbors": len(neighbors), "balance": balances.Balances[0], "spent": spent[0],
		"refused": refused != nil,
	}, nil
}

func run() error {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	settings := api.HTTPClientSettings{URI: asked.URL}
	if asked.Local {
		_, settings.LocalProofOfWorkFunc = pow.GetFastestProofOfWorkImpl()
	}
	client, err := api.ComposeAPI(settings)
	if err != nil {
		return err
	}
	if asked.Address, err = withChecksum(asked.Address); err != nil {
		return err
	}
	var told answer
	switch asked.Do {
	case "publish":
		told, err = publish(client, asked)
	case "fetch":
		told, err = fetch(client, asked)
	default:
		told, err = ask(client, asked)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(told)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
