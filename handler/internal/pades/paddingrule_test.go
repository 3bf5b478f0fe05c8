package pades_test

import (
	"bytes"
	"slices"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trusttest"
)

// Bytes behind the CMS element in /Contents are not signed, and anybody can write there. In the
// PAdES formats they prevent a pass, although the signature is intact. In the older formats they
// are only a remark.
func TestBytesBehindTheSignature(t *testing.T) {
	t.Parallel()
	const told = "bytes other than zero follow the signature in /Contents, and no signature covers them"
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.Sample(0), pades.Options{})
	for !bytes.Contains(signed, []byte("00>")) { // ECDSA values differ in length
		signed = s.sign(t, pdftest.Sample(0), pades.Options{})
	}
	older := replaceInLast(t, signed, "/SubFilter /ETSI.CAdES.detached", "/SubFilter /adbe.pkcs7.detached")
	ranges := verified(t, older, s.trust())[0].ByteRange
	older = s.seal(t, older, ranges, ranges[1])
	e := newEstate(t, trusttest.Config{})
	for name, test := range map[string]struct {
		document   []byte
		trust      pades.Trust
		indication pades.Indication
		sub        pades.SubIndication
	}{
		"PAdES":               {signed, s.trust(), pades.Indeterminate, pades.FormatFailure},
		"a timestamp":         {e.timestamp(t, sample()), e.online(), pades.Indeterminate, pades.FormatFailure},
		"adbe.pkcs7.detached": {older, s.trust(), pades.TotalPassed, ""},
	} {
		before := verified(t, test.document, test.trust)[0]
		filled := bytes.Clone(test.document)
		copy(filled[before.ByteRange[2]-int64(len("00>")):], "a7>")
		after := verified(t, filled, test.trust)[0]
		if before.Indication != pades.TotalPassed || slices.Contains(before.Remarks, told) {
			t.Errorf("%s, zeros alone: got %+v, want it to pass without a remark", name, before)
		}
		if after.Indication != test.indication || after.SubIndication != test.sub ||
			after.Integrity != pades.IntegrityIntact {
			t.Errorf("%s: got %s %s, %s (%s), want %s %s, intact", name, after.Indication, after.SubIndication,
				after.Integrity, after.Detail, test.indication, test.sub)
		}
		if test.sub == "" && !slices.Contains(after.Remarks, told) || test.sub != "" && after.Detail != told {
			t.Errorf("%s: got the remarks %q and the detail %q, want it told", name, after.Remarks, after.Detail)
		}
	}
}
