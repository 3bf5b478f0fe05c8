package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/trusttest"
)

// matrix makes signed documents and keeps the manifest.
type matrix struct {
	output   string
	services pades.Services

	mu       sync.Mutex
	manifest *os.File
	err      error // of the manifest
	made     int
	failed   int
}

func newMatrix(output string, services *trusttest.Services) (*matrix, error) {
	used, err := clients(services)
	if err != nil {
		return nil, err
	}
	manifest, err := os.Create(filepath.Join(output, "manifest.jsonl"))
	if err != nil {
		return nil, err
	}
	return &matrix{output: output, services: used, manifest: manifest}, nil
}

func (m *matrix) close() error {
	fmt.Printf("%d documents signed, %d not\n", m.made, m.failed)
	return m.manifest.Close()
}

// sealAll carries out the tasks. A document that cannot be signed is an entry of the manifest, not
// an error.
func (m *matrix) sealAll(ctx context.Context, tasks []task) error {
	queue := make(chan task)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for t := range queue {
				m.seal(ctx, t)
			}
		})
	}
	for _, t := range tasks {
		queue <- t
	}
	close(queue)
	workers.Wait()
	return m.err
}

func (m *matrix) seal(ctx context.Context, t task) {
	line := entry{Source: t.source, Set: t.set, Kind: t.kind, Level: t.level, Visible: t.visible}
	document, err := os.ReadFile(t.source)
	for i, seal := range t.seals {
		if err == nil {
			document, err = m.sign(ctx, document, t, seal)
		}
		line.File, line.Key, line.Count = filepath.Join(m.output, t.name(i+1)), seal.name, i+1
		if i > 0 {
			line.Earlier = filepath.Join(m.output, t.name(i))
		}
		if err == nil {
			err = os.WriteFile(line.File, document, 0o644)
		}
		if err != nil {
			line.Error = err.Error()
		}
		m.note(line)
	}
}

func (m *matrix) sign(ctx context.Context, document []byte, t task, seal seal) ([]byte, error) {
	options := pades.Options{
		Level: t.level, Services: m.services, Time: time.Now(), Digest: seal.digest, PSS: seal.pss,
		Reason: "Conformance – Prüfung", Location: "Nowhere",
	}
	if t.visible {
		options.Appearance = &pades.Appearance{Page: 1, Box: pades.Rectangle{X: 20, Y: 20, Width: 160, Height: 60}}
	}
	increment, err := sign.Sign(ctx, bytes.NewReader(document), seal.chain, seal.signer, options)
	if err != nil {
		return nil, err
	}
	if increment.Level != "" && increment.Level != t.level {
		return nil, fmt.Errorf("got level %s: %w", increment.Level, increment.Shortfall)
	}
	return slices.Concat(document, increment.Bytes), nil
}

// note writes a line of the manifest.
func (m *matrix) note(line entry) {
	text, err := json.Marshal(line)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		_, err = m.manifest.Write(append(text, '\n'))
	}
	if err != nil && m.err == nil {
		m.err = fmt.Errorf("write manifest: %w", err)
	}
	if line.Error != "" {
		m.failed++
		return
	}
	m.made++
}
