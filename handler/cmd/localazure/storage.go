package main

import (
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"

	"influxion/handler/internal/cloudtest"
)

// storage names a running Azurite that keeps the jobs. With the zero value, jobs stay in the
// handler's memory.
type storage struct {
	blobs, queues string // addresses
	root          string // file
}

func (s *storage) flags(flags *flag.FlagSet) {
	flags.StringVar(&s.blobs, "blobs", "",
		"`address` of the blobs of an Azurite, as https://127.0.0.1:10000/devstoreaccount1: jobs are kept there")
	flags.StringVar(&s.queues, "queues", "", "`address` of its queues")
	flags.StringVar(&s.root, "storage-root", "", "`file` with its certificate, as PEM")
}

func (s *storage) check() error {
	if (s.blobs == "") != (s.queues == "") || (s.blobs == "") != (s.root == "") {
		return errors.New("-blobs, -queues and -storage-root must be given together")
	}
	return nil
}

// emulator reads the Azurite's certificate; nil = no Azurite is named.
func (s *storage) emulator() (*cloudtest.Emulator, error) {
	if s.blobs == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.root)
	if err != nil {
		return nil, fmt.Errorf("-storage-root: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("-storage-root: %s has no certificate", s.root)
	}
	return &cloudtest.Emulator{Blobs: s.blobs, Queues: s.queues, Roots: roots}, nil
}
