package hostiletest_test

import (
	"testing"

	"influxion/handler/internal/hostiletest"
)

// There are as many files as claimed, and none is larger than allowed.
func TestHostileFiles(t *testing.T) {
	files, err := hostiletest.Files()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 60 {
		t.Errorf("got %d files, want at least 60", len(files))
	}
	for _, file := range files {
		if len(file.Data) == 0 || len(file.Data) > hostiletest.MaxSize {
			t.Errorf("%s: got %d bytes, want some and at most %d", file.Name, len(file.Data), hostiletest.MaxSize)
		}
	}
}
