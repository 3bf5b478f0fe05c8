package cms_test

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

var policy = asn1.ObjectIdentifier{1, 2, 3, 4, 1}

func request() cms.TimestampRequest {
	return cms.TimestampRequest{Hash: crypto.SHA256, Imprint: imprint, Nonce: nonce, Policy: policy}
}

func TestTimestampRequestMarshal(t *testing.T) {
	t.Parallel()
	sum := hex.EncodeToString(imprint)
	head := "0201013031300d060960864801650304020105000420" + sum
	for _, c := range []struct {
		name   string
		change func(r *cms.TimestampRequest)
		want   string // hex of the contents; "" = refused
	}{
		{"all", func(*cms.TimestampRequest) {}, head + "06042a030401" + "020900fedcba9876543210" + "0101ff"},
		{"no policy", func(r *cms.TimestampRequest) { r.Policy = nil }, head + "020900fedcba9876543210" + "0101ff"},
		{"no nonce", func(r *cms.TimestampRequest) { r.Nonce = nil }, head + "06042a030401" + "0101ff"},
		{"nonce of zero", func(r *cms.TimestampRequest) { r.Nonce, r.Policy = new(big.Int), nil },
			head + "020100" + "0101ff"},
		{"SHA-1", func(r *cms.TimestampRequest) { r.Hash, r.Imprint = crypto.SHA1, imprint[:20] }, ""},
		{"a digest that is not known", func(r *cms.TimestampRequest) { r.Hash = crypto.SHA3_256 }, ""},
		{"no digest", func(r *cms.TimestampRequest) { r.Hash = 0 }, ""},
		{"no imprint", func(r *cms.TimestampRequest) { r.Imprint = nil }, ""},
		{"imprint of another length", func(r *cms.TimestampRequest) { r.Hash = crypto.SHA384 }, ""},
		{"negative nonce", func(r *cms.TimestampRequest) { r.Nonce = big.NewInt(-1) }, ""},
		{"nonce that would not be read back", func(r *cms.TimestampRequest) { r.Nonce = new(big.Int).Lsh(nonce, 448) },
			""},
		{"policy that is none", func(r *cms.TimestampRequest) { r.Policy = asn1.ObjectIdentifier{9, 9} }, ""},
	} {
		r := request()
		c.change(&r)
		der, err := r.Marshal()
		if c.want == "" {
			if !errors.Is(err, cms.ErrRequestInvalid) || der != nil {
				t.Errorf("%s: got %x, %v, want %v", c.name, der, err, cms.ErrRequestInvalid)
			}
			continue
		}
		if want, _ := hex.DecodeString(c.want); err != nil || !bytes.Equal(der, tlv(0x30, want)) {
			t.Errorf("%s: got %x, %v, want %x", c.name, der, err, tlv(0x30, want))
		}
	}
}

func TestParseResponse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(r *cms.TimestampRequest, k *token)
		answer func(token []byte) []byte
		want   cms.Kind
	}{
		{name: "granted"},
		{name: "granted with modifications", answer: func(k []byte) []byte { return response([]byte{2, 1, 1}, k) }},
		{name: "granted, with words", answer: func(k []byte) []byte {
			return response(slices.Concat(granted, tlv(0x30, tlv(12, []byte("OK")))), k)
		}},
		{name: "BER frame",
			change: func(_ *cms.TimestampRequest, k *token) { k.frame, k.octets = indefinite, inPieces },
			answer: func(k []byte) []byte { return indefinite(0x30, indefinite(0x30, granted), k) }},
		{name: "any policy",
			change: func(r *cms.TimestampRequest, k *token) { r.Policy, k.policy = nil, oid(1, 2, 3, 4, 2) }},
		{name: "no nonce asked", change: func(r *cms.TimestampRequest, _ *token) { r.Nonce = nil }},
		{name: "another nonce", change: func(_ *cms.TimestampRequest, k *token) { k.nonce = []byte{2, 1, 1} },
			want: cms.ResponseMismatch},
		{name: "no nonce", change: func(_ *cms.TimestampRequest, k *token) { k.nonce = nil },
			want: cms.ResponseMismatch},
		{name: "another policy", change: func(_ *cms.TimestampRequest, k *token) { k.policy = oid(1, 2, 3, 4, 2) },
			want: cms.ResponseMismatch},
		{name: "another imprint", change: func(_ *cms.TimestampRequest, k *token) {
			k.imprint = tlv(0x30, tlv(0x30, derSHA256), tlv(4, digestOf(crypto.SHA256, nil)))
		}, want: cms.ResponseMismatch},
		{name: "another digest", change: func(_ *cms.TimestampRequest, k *token) {
			k.imprint = tlv(0x30, tlv(0x30, derSHA512), tlv(4, imprint))
		}, want: cms.ResponseMismatch},
		{name: "a token that does not verify", change: func(_ *cms.TimestampRequest, k *token) {
			k.signedAs = func([]byte) []byte { return tlv(0x31) }
		}, want: cms.SignatureInvalid},
		{name: "a token without its certificate",
			change: func(_ *cms.TimestampRequest, k *token) { k.noCertificates = true },
			want:   cms.SignerNotFound},
		{name: "a token without reference", change: func(_ *cms.TimestampRequest, k *token) { k.reference = nil },
			want: cms.BindingMissing},
		{name: "signed attributes in no order", change: func(_ *cms.TimestampRequest, k *token) {
			k.order = func(a [][]byte) { slices.SortFunc(a, bytes.Compare); slices.Reverse(a) }
		}, want: cms.Malformed},
		{name: "no token", answer: func([]byte) []byte { return response(granted) }, want: cms.Malformed},
		{name: "two tokens", answer: func(k []byte) []byte { return response(granted, k, k) }, want: cms.Malformed},
		{name: "not a token", answer: func([]byte) []byte { return response(granted, null) }, want: cms.Malformed},
		{name: "more behind", answer: func(k []byte) []byte { return append(response(granted, k), 0) },
			want: cms.Malformed},
		{name: "nothing", answer: func([]byte) []byte { return nil }, want: cms.Malformed},
		{name: "the token alone", answer: func(k []byte) []byte { return k }, want: cms.Malformed},
		{name: "a page of HTML", answer: func([]byte) []byte { return []byte("<html>") }, want: cms.Malformed},
		{name: "too many words", answer: func(k []byte) []byte {
			return response(slices.Concat(granted, tlv(0x30, tlv(12, make([]byte, cms.MaxSize)))), k)
		}, want: cms.Malformed},
		{name: "no status", answer: func(k []byte) []byte { return response(nil, k) }, want: cms.Malformed},
		{name: "status with more", answer: func(k []byte) []byte { return response(slices.Concat(granted, null), k) },
			want: cms.Malformed},
		{name: "refused", answer: func([]byte) []byte { return response([]byte{2, 1, 2}) }, want: cms.Refused},
		{name: "refused, with a token", answer: func(k []byte) []byte { return response([]byte{2, 1, 2}, k) },
			want: cms.Refused},
		{name: "a negative status", answer: func(k []byte) []byte { return response([]byte{2, 1, 0xff}, k) },
			want: cms.Refused},
		{name: "a status that is not known", answer: func(k []byte) []byte { return response([]byte{2, 1, 6}, k) },
			want: cms.Refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, k := request(), newToken(t, pkitest.P256)
			if c.change != nil {
				c.change(&r, k)
			}
			der := k.build(t)
			answer := response(granted, der)
			if c.answer != nil {
				answer = c.answer(der)
			}
			got, err := r.ParseResponse(answer)
			if kind, detail := outcomeOf(t, err); kind != c.want || (got == nil) != (err != nil) {
				t.Fatalf("got %q (%s), want %q", kind, detail, c.want)
			}
			if got != nil && !bytes.Equal(got.Raw, der) {
				t.Error("got another token than the one in the response")
			}
		})
	}
}

// A refusal is described in words, and a TSA cannot put anything harmful into them.
func TestRefusalsInWords(t *testing.T) {
	t.Parallel()
	rejection := []byte{2, 1, 2}
	say := func(texts ...string) []byte {
		var all [][]byte
		for _, text := range texts {
			all = append(all, tlv(12, []byte(text)))
		}
		return tlv(0x30, all...)
	}
	for _, c := range []struct {
		name   string
		status []byte
		want   string
	}{
		{"rejection", rejection, "rejection"},
		{"waiting", []byte{2, 1, 3}, "waiting"},
		{"revocation warning", []byte{2, 1, 4}, "revocation warning"},
		{"revocation notification", []byte{2, 1, 5}, "revocation notification"},
		{"unknown", []byte{2, 1, 6}, "status 6"},
		{"negative", []byte{2, 1, 0xff}, "status -1"},
		{"badAlg", slices.Concat(rejection, []byte{3, 2, 7, 0x80}),
			"rejection, badAlg (the digest algorithm is not supported)"},
		{"several", slices.Concat(rejection, say("no"), []byte{3, 5, 6, 0x04, 0x02, 0, 0x40}),
			`rejection, badDataFormat (the data submitted has the wrong format), timeNotAvailable (its time source is not available), ` +
				`systemFailure (the request cannot be handled due to a failure of its system), saying "no"`},
		{"unknown failure", slices.Concat(rejection, []byte{3, 2, 0, 0x40}), "rejection"},
		{"no failure bits", slices.Concat(rejection, []byte{3, 1, 0}), "rejection"},
		{"empty failure info", slices.Concat(rejection, []byte{3, 0}), "rejection"},
		{"words", slices.Concat(rejection, say("Größe", "zwei")), `rejection, saying "Größe; zwei"`},
		{"words in lines", slices.Concat(rejection, say("a\r\nb\tc")), `rejection, saying "a  b c"`},
		{"control and bidirectional characters", slices.Concat(rejection, say("a\x00\x1b[31m\u202eb\u200bc\ufeff")),
			`rejection, saying "a[31mbc"`},
		{"quotes", slices.Concat(rejection, say(`a"b\`)), `rejection, saying "a\"b\\"`},
		{"not UTF-8", slices.Concat(rejection, say("a\xff\xfeb")), `rejection, saying "ab"`},
		{"long words", slices.Concat(rejection, say(strings.Repeat("x", 1000))), `rejection, saying "` + strings.Repeat("x", 200) + `…"`},
		{"words just short enough", slices.Concat(rejection, say(strings.Repeat("x", 200))),
			`rejection, saying "` + strings.Repeat("x", 200) + `"`},
		{"many long words", slices.Concat(rejection, say(strings.Repeat("é", 99), strings.Repeat("é", 99))),
			`rejection, saying "` + strings.Repeat("é", 99) + `; …"`},
		{"words of another type", slices.Concat(rejection, tlv(0x30, tlv(19, []byte("no")))), "rejection"},
		{"many words", slices.Concat(rejection, say("a", "b", "c", "d", "e")), `rejection, saying "a; b; c; d"`},
	} {
		_, err := request().ParseResponse(response(c.status))
		if kind, detail := outcomeOf(t, err); kind != cms.Refused || detail != "the TSA refused: "+c.want {
			t.Errorf("%s: got %q (%s), want %q", c.name, kind, detail, c.want)
		}
	}
}
