package client_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/client"
)

// The client reports each pause before it begins, and none after the last attempt.
func TestPausesAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newParts(t)
		p.busy.Store(9)
		p.after = 7 * time.Second
		start := time.Now()
		var told []client.Pause
		var at []time.Duration
		c := client.New("https://influxion.example", credential{goodToken}, "api://influxion/.default").
			WithHTTPClient(&http.Client{Transport: &inProcess{handler: p.handler()}}).
			WithPauses(func(_ context.Context, pause client.Pause) {
				told, at = append(told, pause), append(at, time.Since(start))
			})
		if _, err := c.Certificates(t.Context()); err == nil {
			t.Fatal("got no error of a service that is busy")
		}
		if want := []time.Duration{0, 7 * time.Second}; !slices.Equal(at, want) {
			t.Fatalf("got pauses told at %v, want %v", at, want)
		}
		for i, pause := range told {
			if pause.Attempt != i+1 || pause.Attempts != 3 || pause.Wait != p.after || pause.Problem.Status != 503 {
				t.Errorf("got %+v as pause %d", pause, i+1)
			}
		}
		if _, err := c.WithAttempts(1).Certificates(t.Context()); err == nil || len(told) != 2 {
			t.Errorf("got %d pauses told (%v), want none of a single attempt", len(told), err)
		}
		for within, want := range map[time.Duration]int{6 * time.Second: 0, 8 * time.Second: 1} {
			told = nil
			ctx, cancel := context.WithTimeout(t.Context(), within)
			began := time.Now()
			_, err := c.Certificates(ctx)
			cancel()
			var problem *client.Problem
			waited := time.Duration(want) * p.after
			if !errors.As(err, &problem) || !errors.Is(err, context.DeadlineExceeded) || len(told) != want ||
				time.Since(began) != waited {
				t.Errorf("within %v got %d pauses told and %v after %v, want %d, %v, and both the problem and the end",
					within, len(told), err, time.Since(began), want, waited)
			}
		}
	})
}
