package revocation

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// entry is one of the revokedCertificates of a CRL, split into its parts: RFC 5280, section 5.1.
type entry struct {
	serial     cryptobyte.String // contents of the INTEGER
	time       cryptobyte.String // one element
	extensions cryptobyte.String // contents; nil = none
}

func (e *entry) read(s *cryptobyte.String) bool {
	*e = entry{} // absent parts must not keep the values of another entry
	var inner cryptobyte.String
	var tag asn1.Tag
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !readSerial(&inner, &e.serial) ||
		!inner.ReadAnyASN1Element(&e.time, &tag) {
		return false
	}
	var present bool
	return inner.ReadOptionalASN1(&e.extensions, &present, asn1.SEQUENCE) && inner.Empty()
}

// checkEntries checks all entries. One unknown critical extension makes the whole list unusable
// (RFC 5280, section 5.3).
func (l *List) checkEntries(version int) *Error {
	for s := l.entries.contents; !s.Empty(); l.entries.count++ {
		var e entry
		if !e.read(&s) || version == 0 && e.extensions != nil {
			return errorf(Malformed, "entry %d of the CRL cannot be read", l.entries.count)
		}
		for rest := e.extensions; !rest.Empty(); {
			var x extension
			if !readExtension(&rest, &x) {
				return errorf(Malformed, "entry %d of the CRL cannot be read", l.entries.count)
			}
			switch oid := string(x.oid); {
			case oid == oidCertificateIssuer:
				l.entries.named = true
			case x.critical && oid != oidReasonCode && oid != oidInvalidityDate && oid != oidHoldInstruction:
				return errorf(Malformed, "the critical extension %s of a CRL entry is not understood", dotted(x.oid))
			}
		}
	}
	return nil
}

// outranks reports whether the entry counts rather than another one about the same certificate. The
// entry with the earlier revocation counts; of two at the same time, the one that is no hold.
func (e *entry) outranks(other *entry) bool {
	one, another := e.time, other.time
	var at, then time.Time
	if !readTime(&one, &at) {
		return false
	}
	if !readTime(&another, &then) || !at.Equal(then) {
		return at.Before(then) || then.IsZero()
	}
	return other.reason() == certificateHold && e.reason() != certificateHold
}

// CRLReasons that are not final: RFC 5280, section 5.3.1.
const (
	certificateHold = 6
	removeFromCRL   = 8 // of delta CRLs alone
)

// reason returns the CRLReason. It returns 0 (unspecified) also if there is no reason, or none that
// can be read.
func (e *entry) reason() (reason int) {
	for rest := e.extensions; !rest.Empty(); {
		var x extension
		if !readExtension(&rest, &x) {
			return 0
		}
		if string(x.oid) == oidReasonCode && x.value.ReadASN1Enum(&reason) {
			return reason
		}
	}
	return 0
}

// describe copies a revocation into the evidence.
func (e entry) describe(to *Evidence) *Error {
	malformed := func() *Error { return errorf(Malformed, "the certificate's entry in the CRL cannot be read") }
	at := e.time
	var revokedAt time.Time
	if !readTime(&at, &revokedAt) {
		return malformed()
	}
	all, err := readExtensions(e.extensions, oidReasonCode, oidInvalidityDate, oidHoldInstruction,
		oidCertificateIssuer)
	if err != nil {
		return err
	}
	for _, x := range all {
		if string(x.oid) == oidReasonCode && !readReason(x.value, &to.Reason) {
			return malformed()
		}
	}
	to.Status, to.RevokedAt = Revoked, revokedAt
	return nil
}

// readReason reads a CRLReason: RFC 5280, section 5.3.1. removeFromCRL occurs only in delta CRLs. A
// reason that is not defined is unspecified: whatever it means, the certificate is revoked.
func readReason(s cryptobyte.String, reason *int) bool {
	if !s.ReadASN1Enum(reason) || !s.Empty() || *reason == removeFromCRL {
		return false
	}
	if *reason < 0 || *reason > 10 || *reason == 7 {
		*reason = 0
	}
	return true
}
