package cms

import (
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
)

var oidTSTInfo = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

// readInfo reads a TSTInfo (RFC 3161, section 2.4.2), which must be DER.
func (t *Timestamp) readInfo(content []byte) error {
	s := cryptobyte.String(content)
	var info cryptobyte.String
	var version int64
	if !s.ReadASN1(&info, cryptobyte_asn1.SEQUENCE) || !s.Empty() {
		return errorf(Malformed, "the TSTInfo cannot be read")
	}
	if !info.ReadASN1Integer(&version) || version != 1 {
		return errorf(Malformed, "the version of the TSTInfo is not 1")
	}
	if !readOID(&info, &t.Policy) {
		return errorf(Malformed, "the policy of the TSTInfo cannot be read")
	}
	if !t.readImprint(&info) {
		return errorf(Malformed, "the messageImprint cannot be read")
	}
	if !readBigInt(&info, &t.SerialNumber) {
		return errorf(Malformed, "the serialNumber of the TSTInfo cannot be read")
	}
	if !readGenTime(&info, &t.Time) {
		return errorf(Malformed, "the genTime cannot be read")
	}
	if info.PeekASN1Tag(cryptobyte_asn1.SEQUENCE) && !readAccuracy(&info, &t.Accuracy) {
		return errorf(Malformed, "the accuracy cannot be read")
	}
	var ordering bool // many write it although FALSE is the DEFAULT
	if info.PeekASN1Tag(cryptobyte_asn1.BOOLEAN) && !info.ReadASN1Boolean(&ordering) {
		return errorf(Malformed, "the ordering cannot be read")
	}
	if info.PeekASN1Tag(cryptobyte_asn1.INTEGER) && !readBigInt(&info, &t.Nonce) {
		return errorf(Malformed, "the nonce cannot be read")
	}
	// The name is skipped: the TSA's certificate has it.
	if !info.SkipOptionalASN1(explicit(0)) {
		return errorf(Malformed, "the tsa cannot be read")
	}
	return t.readExtensions(info)
}

// readImprint reads a MessageImprint. It keeps a digest of the wrong length: Verify finds it
// unequal to every digest.
func (t *Timestamp) readImprint(s *cryptobyte.String) bool {
	var inner cryptobyte.String
	var a algorithm.Identifier
	if !s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) || !a.Read(&inner, cryptobyte_asn1.SEQUENCE) ||
		!inner.ReadASN1((*cryptobyte.String)(&t.Imprint), cryptobyte_asn1.OCTET_STRING) {
		return false
	}
	t.Hash = a.Digest()
	return inner.Empty()
}

// readExtensions reads the rest of a TSTInfo: nothing, or extensions, none of which is supported.
// For a critical extension it stores the error that Verify returns.
func (t *Timestamp) readExtensions(rest cryptobyte.String) error {
	malformed := func() *Error { return errorf(Malformed, "the extensions of the TSTInfo cannot be read") }
	var extensions cryptobyte.String
	if !rest.ReadOptionalASN1(&extensions, nil, explicit(1)) || !rest.Empty() {
		return malformed()
	}
	for !extensions.Empty() {
		var extension, value cryptobyte.String
		var kind asn1.ObjectIdentifier
		var critical bool
		if !extensions.ReadASN1(&extension, cryptobyte_asn1.SEQUENCE) || !readOID(&extension, &kind) {
			return malformed()
		}
		if extension.PeekASN1Tag(cryptobyte_asn1.BOOLEAN) && !extension.ReadASN1Boolean(&critical) {
			return malformed()
		}
		if !extension.ReadASN1(&value, cryptobyte_asn1.OCTET_STRING) || !extension.Empty() {
			return malformed()
		}
		if critical && t.refusal == nil {
			t.refusal = errorf(Malformed, "the critical extension %v of the TSTInfo is not understood", kind)
		}
	}
	return nil
}

// readBigInt reads an INTEGER within a bound on its length.
func readBigInt(s *cryptobyte.String, out **big.Int) bool {
	peek := *s
	var contents cryptobyte.String
	*out = new(big.Int)
	return peek.ReadASN1(&contents, cryptobyte_asn1.INTEGER) && len(contents) <= maxInteger && s.ReadASN1Integer(*out)
}

// readGenTime reads a GeneralizedTime in UTC, up to nanoseconds. It accepts trailing zeros in a
// fraction, which RFC 3161 forbids but which are common.
func readGenTime(s *cryptobyte.String, out *time.Time) bool {
	const whole, longest = len("20060102150405Z"), len("20060102150405.999999999Z")
	var text cryptobyte.String
	if !s.ReadASN1(&text, cryptobyte_asn1.GeneralizedTime) || len(text) > longest {
		return false
	}
	if len(text) > whole && text[whole-1] != '.' { // time.Parse would accept a comma too
		return false
	}
	parsed, err := time.Parse("20060102150405Z", string(text))
	*out = parsed
	return err == nil
}

// readAccuracy reads an Accuracy: seconds, and milli- and microseconds of less than a thousand
// each.
func readAccuracy(s *cryptobyte.String, out *time.Duration) bool {
	const maxSeconds = 1 << 31
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) {
		return false
	}
	for _, part := range []struct {
		tag  cryptobyte_asn1.Tag
		most int64
		unit time.Duration
	}{
		{cryptobyte_asn1.INTEGER, maxSeconds, time.Second},
		{cryptobyte_asn1.Tag(0).ContextSpecific(), 999, time.Millisecond},
		{cryptobyte_asn1.Tag(1).ContextSpecific(), 999, time.Microsecond},
	} {
		var value int64
		if inner.PeekASN1Tag(part.tag) && !inner.ReadASN1Int64WithTag(&value, part.tag) || value < 0 ||
			value > part.most {
			return false
		}
		*out += time.Duration(value) * part.unit
	}
	return inner.Empty()
}
