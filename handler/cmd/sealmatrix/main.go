// Command sealmatrix signs documents in every way that the product offers; the validators of
// .ci/conformance check the results. The certificates are throw-away, and the trust services listen
// on loopback.
//
//	sealmatrix [-inputs DIR] [-corpus DIR [-visible]] [-levels B-B,B-T,B-LT,B-LTA] OUTPUT
//
// All keys but one are in a vault on loopback, which signs with them and never releases them. Each
// PDF of -inputs is signed twice at each level with each kind of key, and once visibly at each
// level. Each PDF of -corpus is signed twice at the highest level and, with -visible, once visibly.
// OUTPUT gets the documents, manifest.jsonl (one line for each), root.pem and what other signers
// need: services.json and keys/. Then the services keep running until standard input ends. At that
// moment the program writes the CRLs of all authorities, so that the CRLs are newer than every
// signature.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

func main() {
	inputs := flag.String("inputs", "", "folder of documents, one for each kind of input")
	corpus := flag.String("corpus", "", "folder of real documents")
	visible := flag.Bool("visible", false, "also sign each real document visibly")
	levels := flag.String("levels", "B-B,B-T,B-LT,B-LTA", "baseline levels, the highest last")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: sealmatrix [-inputs DIR] [-corpus DIR [-visible]] [-levels LEVEL,...] OUTPUT")
		os.Exit(2)
	}
	var ladder []pades.Level
	for level := range strings.SplitSeq(*levels, ",") {
		ladder = append(ladder, pades.Level(level))
	}
	wanted := matrixPlan{inputs: *inputs, corpus: *corpus, visible: *visible, levels: ladder}
	if err := run(context.Background(), wanted, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "sealmatrix:", err)
		os.Exit(1)
	}
}

// inMemory is the one seal whose key signs in memory; a vault holds the keys of the others.
const inMemory = "RSA-4096"

func run(ctx context.Context, wanted matrixPlan, output string) error {
	if err := os.MkdirAll(filepath.Join(output, "keys"), 0o755); err != nil {
		return err
	}
	services, err := trusttest.New(trusttest.Config{Name: "Conformance", Delegated: true})
	if err != nil {
		return err
	}
	defer services.Close()
	seals, err := newSeals(services)
	if err != nil {
		return err
	}
	keys, err := newVault(services)
	if err != nil {
		return err
	}
	defer keys.close()
	if err := keys.holdAll(ctx, seals); err != nil {
		return err
	}
	if err := publish(output, services, seals); err != nil {
		return err
	}
	tasks, err := wanted.tasks(seals)
	if err != nil {
		return err
	}
	m, err := newMatrix(output, services)
	if err != nil {
		return err
	}
	if err := errors.Join(m.sealAll(ctx, tasks), m.close()); err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return writeLists(output, services)
}

// publish writes the files that validators and other signers need.
func publish(output string, services *trusttest.Services, seals []seal) error {
	if err := os.WriteFile(filepath.Join(output, "root.pem"), pkitest.PEM(services.Root), 0o644); err != nil {
		return err
	}
	var names []string
	for _, seal := range seals {
		data, err := seal.pem()
		if err != nil {
			return err
		}
		// The keys live for as long as the run, and sign nothing but test documents.
		if err := os.WriteFile(filepath.Join(output, "keys", seal.name+".pem"), data, 0o600); err != nil {
			return err
		}
		names = append(names, seal.name)
	}
	content, err := json.Marshal(map[string]any{"tsa": services.TSAURL(), "keys": names})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(output, "services.json"), content, 0o644)
}
