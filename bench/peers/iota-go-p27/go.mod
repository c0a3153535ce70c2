module glucoledger/bench/peers/p27

go 1.21

require github.com/iotaledger/iota.go v1.0.0-beta.15

require github.com/pkg/errors v0.8.1 // indirect
