package pades_test

import (
	"encoding/xml"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
)

// tokensOf reads a packet to its end, and gives the number of its tokens and the bytes that reading
// them allocated.
func tokensOf(text string, next func(*pades.PacketTokens) error) (count int, bytes uint64, err error) {
	packet := []byte(text)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tokens := pades.NewPacketTokens(packet, nil)
	for err = next(tokens); err == nil; err = next(tokens) {
		count++
	}
	runtime.ReadMemStats(&after)
	return count, after.TotalAlloc - before.TotalAlloc, err
}

func nextToken(t *pades.PacketTokens) error {
	_, err := t.Token()
	return err
}

// skipped skips each element.
func skipped(t *pades.PacketTokens) error {
	token, err := t.Token()
	if _, begins := token.(xml.StartElement); begins && err == nil {
		return t.Skip()
	}
	return err
}

// Packets of real writers are read. Unlimited elements or attributes end the reading before they
// take memory. Not parallel, because other tests allocate memory, too.
func TestPacketTokens(t *testing.T) {
	deep := func(depth int) string {
		return strings.Repeat("<a b='1'>", depth) + "x" + strings.Repeat("</a>", depth)
	}
	wide := func(count int) string { return "<a " + strings.Repeat("b='>' ", count) + ">=<c/></a>" }
	attributes := func(count int) string { return "<a " + strings.Repeat("b='' ", count) + "/>" }
	const most = 200_000
	for name, test := range map[string]struct {
		text  string
		sound bool
	}{
		"deep":                        {deep(100), true},
		"too deep":                    {deep(101), false},
		"far too deep":                {deep(most), false},
		"deep without end":            {strings.Repeat("<a>", most), false},
		"deep behind":                 {"<r>" + strings.Repeat("<a></a>", 300) + strings.Repeat("<a>", most), false},
		"deep after empty ones":       {"<r>" + strings.Repeat("<a/>", 300) + deep(99) + "</r>", true},
		"many attributes":             {wide(1023), true},
		"attributes up to the bound":  {attributes(1024), true},
		"one attribute beyond it":     {attributes(1025), false},
		"far too many attributes":     {wide(most), false},
		"attributes without end":      {"<a " + strings.Repeat("b=''", most), false},
		"many namespaces":             {"<a " + strings.Repeat("xmlns:b='c'", most) + "/>", false},
		"attributes of many elements": {"<r>" + strings.Repeat(wide(20), 300) + "</r>", true},
	} {
		for how, next := range map[string]func(*pades.PacketTokens) error{"read": nextToken, "skipped": skipped} {
			_, bytes, err := tokensOf(test.text, next)
			if sound := errors.Is(err, io.EOF); sound != test.sound {
				t.Errorf("%s, %s: got %v, want sound: %v", name, how, err, test.sound)
			}
			if bytes > 2<<20 {
				t.Errorf("%s, %s: got %d bytes allocated", name, how, bytes)
			}
		}
	}
	// Skip reads one element, and no more.
	tokens := pades.NewPacketTokens([]byte("<r><a><b/><b>x</b></a><c/></r>"), nil)
	_, first := tokens.Token()
	_, second := tokens.Token()
	if err := errors.Join(first, second, tokens.Skip()); err != nil {
		t.Fatal(err)
	}
	token, err := tokens.Token()
	if element, ok := token.(xml.StartElement); !ok || element.Name.Local != "c" {
		t.Errorf("got %v and %v behind the element, want the next one", token, err)
	}
}
