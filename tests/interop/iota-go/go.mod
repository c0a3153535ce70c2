module glucoledger/tests/interop/iota-go

go 1.21

require github.com/iotaledger/iota.go v1.0.0

require (
	github.com/cespare/xxhash v1.1.0 // indirect
	github.com/pkg/errors v0.8.1 // indirect
	golang.org/x/crypto v0.0.0-20200622213623-75b288015ac9 // indirect
	golang.org/x/sys v0.0.0-20200930185726-fdedc70b468f // indirect
)
