// Command oracle makes and checks notes and proofs with the Go modules of the field.
//
// `oracle make` writes a signed and cosigned checkpoint and all proofs of a small tree as JSON.
// `oracle check` reads the same JSON from its standard input, and exits with 1 and the fault where a part is not valid.
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// Proof is an inclusion proof of leaf `First`, or a consistency proof from size `First`, in a tree of `Size` leaves.
type Proof struct {
	First  uint64   `json:"first"`
	Size   uint64   `json:"size"`
	Hashes [][]byte `json:"hashes"`
}

// Document is what is made and checked: leaf hashes, roots by size, proofs, a note, and the keys that signed it.
type Document struct {
	Origin      string   `json:"origin"`
	Key         string   `json:"key"`
	Witness     string   `json:"witness"`
	Note        string   `json:"note"`
	Leaves      [][]byte `json:"leaves"`
	Roots       [][]byte `json:"roots"`
	Inclusion   []Proof  `json:"inclusion"`
	Consistency []Proof  `json:"consistency"`
}

const (
	origin  = "whence/0d0c2e6a-7f0b-5c49-9a53-6a3d4b1f2e10"
	witness = "witness.example"
	size    = 13
)

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "make":
		err = made()
	case len(os.Args) == 2 && os.Args[1] == "check":
		err = checked()
	default:
		err = errors.New("usage: oracle make|check")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func made() error {
	document := Document{Origin: origin}
	nodes := map[compact.NodeID][]byte{}
	factory := &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree := factory.NewEmptyRange(0)
	document.Roots = append(document.Roots, rfc6962.DefaultHasher.EmptyRoot())
	for at := range uint64(size) {
		leaf := rfc6962.DefaultHasher.HashLeaf([]byte(fmt.Sprint(at)))
		document.Leaves = append(document.Leaves, leaf)
		if err := tree.Append(leaf, func(id compact.NodeID, hash []byte) { nodes[id] = hash }); err != nil {
			return err
		}
		root, err := tree.GetRootHash(nil)
		if err != nil {
			return err
		}
		document.Roots = append(document.Roots, root)
	}
	for whole := uint64(1); whole <= size; whole++ {
		for first := uint64(0); first < whole; first++ {
			inclusion, err := proof.Inclusion(first, whole)
			if err != nil {
				return err
			}
			hashes, err := rehashed(inclusion, nodes)
			if err != nil {
				return err
			}
			document.Inclusion = append(document.Inclusion, Proof{first, whole, hashes})
			if first == 0 {
				continue
			}
			consistency, err := proof.Consistency(first, whole)
			if err != nil {
				return err
			}
			if hashes, err = rehashed(consistency, nodes); err != nil {
				return err
			}
			document.Consistency = append(document.Consistency, Proof{first, whole, hashes})
		}
	}
	if err := sign(&document); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(document)
}

func rehashed(needed proof.Nodes, nodes map[compact.NodeID][]byte) ([][]byte, error) {
	hashes := make([][]byte, 0, len(needed.IDs))
	for _, id := range needed.IDs {
		hash, ok := nodes[id]
		if !ok {
			return nil, fmt.Errorf("no node %v", id)
		}
		hashes = append(hashes, hash)
	}
	return needed.Rehash(hashes, rfc6962.DefaultHasher.HashChildren)
}

func sign(document *Document) error {
	secret, key, err := note.GenerateKey(nil, origin)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	secret, plain, err := note.GenerateKey(nil, witness)
	if err != nil {
		return err
	}
	cosigner, err := fnote.NewSignerForCosignatureV1(secret)
	if err != nil {
		return err
	}
	document.Key = key
	if document.Witness, err = fnote.VKeyToCosignatureV1(plain); err != nil {
		return err
	}
	text := log.Checkpoint{Origin: origin, Size: size, Hash: document.Roots[size]}.Marshal()
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer, cosigner)
	document.Note = string(signed)
	return err
}

func checked() error {
	var document Document
	if err := json.NewDecoder(os.Stdin).Decode(&document); err != nil {
		return err
	}
	root, size, err := opened(document)
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	if hex.EncodeToString(root) != hex.EncodeToString(document.Roots[size]) {
		return errors.New("the checkpoint has another root")
	}
	for _, one := range document.Inclusion {
		leaf := document.Leaves[one.First]
		root := document.Roots[one.Size]
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, one.First, one.Size, leaf, one.Hashes, root); err != nil {
			return fmt.Errorf("inclusion of %d in %d: %w", one.First, one.Size, err)
		}
	}
	for _, one := range document.Consistency {
		before, after := document.Roots[one.First], document.Roots[one.Size]
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, one.First, one.Size, one.Hashes, before, after); err != nil {
			return fmt.Errorf("consistency of %d and %d: %w", one.First, one.Size, err)
		}
	}
	return nil
}

func opened(document Document) ([]byte, uint64, error) {
	key, err := note.NewVerifier(document.Key)
	if err != nil {
		return nil, 0, err
	}
	witness, err := fnote.NewVerifierForCosignatureV1(document.Witness)
	if err != nil {
		return nil, 0, err
	}
	found, _, whole, err := log.ParseCheckpoint([]byte(document.Note), document.Origin, key, witness)
	if err != nil {
		return nil, 0, err
	}
	if len(whole.Sigs) != 2 {
		return nil, 0, fmt.Errorf("%d valid signatures instead of 2", len(whole.Sigs))
	}
	return found.Hash, found.Size, nil
}
