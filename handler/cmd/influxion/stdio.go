package main

import (
	"context"
	"fmt"
	"io"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/outfile"
)

// stdio is the name of stdin and of stdout.
const stdio = "-"

// open opens a file. For stdin it copies what comes to a temporary file, which is gone when it is
// closed.
func (a *app) open(ctx context.Context, name string) (client.Document, func(), error) {
	if name != stdio {
		file, err := client.Open(name)
		if err != nil {
			return nil, nil, err
		}
		return file, func() { file.Close() }, nil
	}
	kept, remove, err := outfile.Scratch()
	if err != nil {
		return nil, nil, err
	}
	size, err := copyWithin(ctx, kept, a.in)
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("read stdin: %w", err)
	}
	return io.NewSectionReader(kept, 0, size), remove, nil
}

// copyWithin is io.Copy that ends with the context, also while the reader blocks.
func copyWithin(ctx context.Context, to io.Writer, from io.Reader) (int64, error) {
	type result struct {
		n   int64
		err error
	}
	ended := make(chan result, 1)
	go func() {
		n, err := io.Copy(to, from)
		ended <- result{n, err}
	}()
	select {
	case r := <-ended:
		return r.n, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// pour writes a document to stdout once it has arrived as a whole.
func (a *app) pour(signed *client.Signed) error {
	kept, remove, err := outfile.Scratch()
	if err != nil {
		return err
	}
	defer remove()
	if _, err := signed.WriteTo(kept); err != nil {
		return err
	}
	if _, err := kept.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err = io.Copy(a.out, kept)
	return err
}
