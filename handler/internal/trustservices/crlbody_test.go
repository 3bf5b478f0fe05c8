package trustservices_test

import (
	"bytes"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// A CRL in PEM is read like one in DER. A document gets the DER.
func TestListInPEM(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	services.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.InPEM})
	chain := issue(t, services, nil, trusttest.OCSP)
	e, err := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback}).Revocation(t.Context(),
		chain[0], chain[1])
	if err != nil {
		t.Fatal(err)
	}
	if e.Kind != revocation.KindCRL || e.Status != revocation.Good || e.Raw[0] != 0x30 {
		t.Errorf("got %s %s that begins with %x, want a CRL in DER", e.Kind, e.Status, e.Raw[:4])
	}
}

// The largest authorities have CRLs of many megabytes. They are read in both forms, and cached. The
// test does not run beside other tests: under the race detector on a busy machine, reading so large
// a CRL would then take longer than one question may.
func TestLargeLists(t *testing.T) {
	const size = 12 << 20
	for _, kind := range []trusttest.Kind{trusttest.InPEM, ""} {
		services := startTrust(t, trusttest.Config{})
		services.Swell(trusttest.Issuing, size)
		services.Fault(trusttest.CRL, trusttest.Fault{Kind: kind})
		source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Timeout: time.Minute})
		for range 2 {
			chain := issue(t, services, nil, trusttest.OCSP)
			e, err := source.Revocation(t.Context(), chain[0], chain[1])
			if err != nil {
				t.Fatal(err)
			}
			if e.Status != revocation.Good || len(e.Raw) < size {
				t.Errorf("got %s from a list of %d bytes, want it good from more than %d", e.Status, len(e.Raw), size)
			}
		}
		if got := services.Requests(trusttest.CRL); got != 1 {
			t.Errorf("got %d requests, want the list held", got)
		}
	}
}

// The CRL of another authority is read as that authority means it.
func TestListOfCase(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "14-crl.pem"))
	if err != nil {
		t.Fatal(err)
	}
	der, err := io.ReadAll(trustservices.CRLBody(bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if l, err := revocation.ParseList(der); err != nil || l.NextUpdate.Day() != 6 {
		t.Errorf("got %v, want the list", err)
	}
}

// The text around the block is dropped. A body without a block stays as it is.
func TestCRLBody(t *testing.T) {
	t.Parallel()
	der := append([]byte{0x30, 0x82}, bytes.Repeat([]byte("list"), 300)...)
	block := string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
	other := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("certificate")}))
	for name, test := range map[string]struct {
		body string
		want []byte // nil = an error
	}{
		"DER":               {string(der), der},
		"PEM":               {block, der},
		"text around":       {"\ufeffText\n" + block + "more text", der},
		"other blocks":      {other + block + other, der},
		"CR LF":             {strings.ReplaceAll(block, "\n", "\r\n"), der},
		"one long line":     {strings.Replace(strings.ReplaceAll(block, "\n", ""), "-----END", "\n-----END", 1), der},
		"no end":            {strings.Split(block, "-----END")[0], nil},
		"cut in the middle": {block[:len(block)/2], nil},
		"not base64":        {strings.Replace(block, "\n", "\n%%", 3), nil},
		"too much in front": {strings.Repeat("text\n", 20<<10) + block,
			[]byte(strings.Repeat("text\n", 20<<10) + block)},
		"no list": {other, []byte(other)},
		"nothing": {"", []byte{}},
	} {
		for reading, body := range map[string]io.Reader{"whole": strings.NewReader(test.body),
			"bytewise": iotest.OneByteReader(strings.NewReader(test.body))} {
			got, err := io.ReadAll(trustservices.CRLBody(body))
			if (err == nil) != (test.want != nil) || err == nil && !bytes.Equal(got, test.want) {
				t.Errorf("%s, %s: got %d bytes and %v, want %d bytes", name, reading, len(got), err, len(test.want))
			}
		}
	}
	if _, err := io.ReadAll(
		trustservices.CRLBody(io.MultiReader(strings.NewReader(block[:90]),
			iotest.ErrReader(io.ErrUnexpectedEOF)))); err != io.ErrUnexpectedEOF {
		t.Errorf("got %v for a connection that broke, want its own error", err)
	}
}

// FuzzCRLBody: the output is never longer than the input, and DER stays as it is.
func FuzzCRLBody(f *testing.F) {
	der := append([]byte{0x30, 0x82}, bytes.Repeat([]byte("list"), 50)...)
	f.Add(der)
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
	f.Add([]byte("text\n-----BEGIN X509 CRL-----\nMIIB\n\n=\n-----END"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := io.ReadAll(trustservices.CRLBody(bytes.NewReader(body)))
		if len(got) > len(body) {
			t.Errorf("got %d bytes from %d", len(got), len(body))
		}
		if block, _ := pem.Decode(body); err == nil && block != nil && block.Type == "X509 CRL" &&
			bytes.HasPrefix(body, []byte("-----BEGIN")) && !bytes.Equal(got, block.Bytes) {
			t.Errorf("got %x, want %x as another reader has it", got, block.Bytes)
		}
		if len(body) > 1 && body[0] == 0x30 && body[1] >= 0x80 && !bytes.Equal(got, body) {
			t.Errorf("got %x from DER, want it as it is", got)
		}
	})
}
