package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// watch makes a document at once, and again after each tick that finds a file changed, removed or
// added.
func TestWatch(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	template, data := filepath.Join(folder, "a.html"), filepath.Join(folder, "a.json")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
	write(template, "one")
	ctx, cancel := context.WithCancel(t.Context())
	ticks, made, ended := make(chan time.Time), make(chan struct{}, 10), make(chan struct{})
	go func() {
		watch(ctx, ticks, []string{template, data}, func() { made <- struct{}{} })
		close(ended)
	}()
	tick := func() { ticks <- time.Time{} }
	<-made
	tick()
	tick() // taken once what the first did is done
	if len(made) != 0 {
		t.Error("got the document made without a change")
	}
	for _, change := range []func(){
		func() { write(template, "three") }, func() { write(data, "{}") },
		func() {
			if err := os.Chtimes(template, time.Time{}, time.Unix(1, 0)); err != nil {
				t.Error(err)
			}
		},
		func() {
			if err := os.Remove(data); err != nil {
				t.Error(err)
			}
		},
	} {
		change()
		tick()
		<-made
		tick()
		tick()
		if len(made) != 0 {
			t.Error("got the document made twice for one change")
		}
	}
	cancel()
	<-ended
}
