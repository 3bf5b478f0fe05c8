package jobresult_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/cmd/influxion/internal/jobresult"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pdftest/hiddenchange"
	"influxion/handler/internal/pkitest"
)

// signer signs documents for the tests.
type signer struct {
	chain []*x509.Certificate
	key   crypto.Signer
}

func newSigner(t *testing.T) *signer {
	chain, key := pkitest.Signer(t)
	return &signer{chain, key}
}

func (s *signer) sign(t *testing.T, document []byte) []byte {
	t.Helper()
	made, err := sign.Sign(t.Context(), bytes.NewReader(document), s.chain, s.key, pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, made.Bytes)
}

// forHiddenChange is sign for package hiddenchange.
func (s *signer) forHiddenChange(t *testing.T) hiddenchange.Sign {
	return func(document []byte, certify bool) ([]byte, error) {
		options := pades.Options{Time: time.Now()}
		if certify {
			options.Certify = pades.NoChanges
		}
		made, err := sign.Sign(t.Context(), bytes.NewReader(document), s.chain, s.key, options)
		if err != nil {
			return nil, err
		}
		return slices.Concat(document, made.Bytes), nil
	}
}

// judge judges a result as if it had been fetched; the state of a result that cannot be verified is
// "".
func judge(t *testing.T, result []byte, original int, signs bool) (pades.Integrity, error) {
	t.Helper()
	report, err := verify.Verify(t.Context(), bytes.NewReader(result), pades.Trust{Time: time.Now()})
	if err != nil {
		return "", err
	}
	state, _, err := jobresult.Integrity(report, int64(original), signs)
	if _, ok := errors.AsType[*jobresult.NotPassed](err); ok != (state == pades.IntegrityBroken) {
		t.Errorf("got the error %v with the state %s", err, state)
	}
	return state, err
}

// A result is intact without trust in anybody, unless what was added is not.
func TestIntegrityOfResults(t *testing.T) {
	t.Parallel()
	s, plain := newSigner(t), pdftest.Sample(0)
	once := s.sign(t, plain)
	twice := s.sign(t, once)
	broken := slices.Clone(once)
	broken[len("%PDF-")]++
	for name, test := range map[string]struct {
		result   []byte
		original int
		signs    bool
		want     pades.Integrity
	}{
		"signed":                              {once, len(plain), true, pades.IntegrityIntact},
		"signed twice":                        {twice, len(once), true, pades.IntegrityIntact},
		"both signatures new":                 {twice, len(plain), true, pades.IntegrityIntact},
		"nothing added":                       {once, len(once), true, pades.IntegrityBroken},
		"nothing had to be added":             {once, len(once), false, pades.IntegrityIntact},
		"unsigned":                            {plain, len(plain), true, pades.IntegrityBroken},
		"broken":                              {broken, len(plain), true, pades.IntegrityBroken},
		"the original was broken":             {s.sign(t, broken), len(broken), true, pades.IntegrityIntact},
		"the first of two new ones is broken": {s.sign(t, broken), len(plain), true, pades.IntegrityBroken},
	} {
		if got, err := judge(t, test.result, test.original, test.signs); got != test.want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, test.want)
		}
	}
	// Another byte, wherever the signature covers what was added: that is all but its own value.
	from := bytes.LastIndex(once, []byte("/Contents")) + len("/Contents ")
	to := from + bytes.IndexByte(once[from:], '>')
	for at := len(plain); at < len(once); at += 3 {
		if at >= from && at <= to {
			continue
		}
		flipped := slices.Clone(once)
		flipped[at] ^= 1
		if got, err := judge(t, flipped, len(plain), true); got == pades.IntegrityIntact {
			t.Errorf("byte %d of %d changed: got %s (%v)", at, len(once), got, err)
		}
	}
}

// What a job appends may hide no change of what was signed before, and an honest revision is none.
// A verifier may accept some of the other files, which all readers show alike.
func TestResultsHideNoChange(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	hidden, honest := 0, 0
	see := func(file hiddenchange.File) error {
		got, err := judge(t, file.Bytes, file.Signed, false)
		switch {
		case file.Honest:
			honest++
		case file.Lenient():
			return nil
		default:
			hidden++
		}
		if (got == pades.IntegrityIntact) != file.Honest {
			t.Errorf("%s, certified %v: got %q (%v), honest is %v", file.Name(), file.Certified, got, err, file.Honest)
		}
		return nil
	}
	number := 0
	if err := hiddenchange.Files(s.forHiddenChange(t), hiddenchange.Core, func(file hiddenchange.File) error {
		if number++; number%20 != 0 || strings.HasPrefix(file.Place, "signed, ") {
			return nil // the latter hide something in the original
		}
		return see(file)
	}); err != nil {
		t.Fatal(err)
	}
	if err := hiddenchange.Honest(s.forHiddenChange(t), see); err != nil {
		t.Fatal(err)
	}
	if hidden < 50 || honest < 10 {
		t.Errorf("got %d files that hide something and %d honest ones, want many of both", hidden, honest)
	}
}

// A result begins with every byte of the original.
func TestResultsBeginWithTheOriginal(t *testing.T) {
	t.Parallel()
	section := func(content []byte) *io.SectionReader {
		return io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content)))
	}
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 200_000} {
		original := bytes.Repeat([]byte("x"), size)
		result := append(slices.Clone(original), "more"...)
		if err := jobresult.Begins(section(result), section(original)); err != nil {
			t.Errorf("%d bytes: got %v", size, err)
		}
		if size == 0 {
			continue
		}
		for name, other := range map[string][]byte{"cut": original[:size-1],
			"first": append([]byte("y"), result[1:]...), "last": append(slices.Clone(original[:size-1]), "ymore"...)} {
			if _, ok := errors.AsType[*jobresult.NotPassed](
				jobresult.Begins(section(other), section(original))); !ok {
				t.Errorf("%d bytes, %s: got no error", size, name)
			}
		}
	}
}
