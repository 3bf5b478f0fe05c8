package pades_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/trusttest"
)

// The memory of validation data is charged, and a refusal ends the work even if a lower level would
// be accepted.
func TestValidationDataAsksForRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	plain := w.sign(t, sample(), w.options(pades.LevelBB))
	archived := w.sign(t, sample(), w.options(pades.LevelLTA))
	certificates, responses := 0, 0
	for _, value := range readStore(t, archived).certs {
		certificates += len(value)
	}
	for _, value := range readStore(t, archived).ocsps {
		responses += len(value)
	}
	for _, test := range []struct {
		name  string
		work  func(ctx context.Context) error
		least int
	}{
		{"sign", func(ctx context.Context) error {
			options := w.options(pades.LevelBLT)
			options.AllowLower = true
			_, err := w.try(ctx, sample(), options)
			return err
		}, 2 * (certificates + responses)},
		{"extend", func(ctx context.Context) error {
			_, err := w.tryExtend(ctx, plain, sign.Extension{AllowLower: true})
			return err
		}, 2 * (certificates + responses)},
		{"extend what has it all", func(ctx context.Context) error {
			_, err := w.tryExtend(ctx, archived, sign.Extension{AllowLower: true})
			return err
		}, responses},
		{"verify", func(ctx context.Context) error {
			_, err := verify.Verify(ctx, bytes.NewReader(archived), pades.Trust{Anchors: w.chain[2:], Time: time.Now()})
			return err
		}, responses},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := int64(0)
			draw := func(reserve budget.Reserve) context.Context {
				return budget.With(t.Context(), budget.New(budget.For(0), reserve))
			}
			ctx := draw(func(_ context.Context, total int64) error { asked = total; return nil })
			if err := test.work(ctx); err != nil {
				t.Fatal(err)
			}
			if asked < int64(test.least) {
				t.Errorf("got %d bytes asked for, want at least %d", asked, test.least)
			}
			full := errors.New("full")
			err := test.work(draw(func(context.Context, int64) error { return full }))
			if !errors.Is(err, full) {
				t.Errorf("got %v, want the refusal", err)
			}
		})
	}
}
