package cms

import (
	"bytes"
	"crypto/x509"

	"influxion/handler/internal/pades/certificate"
)

// Reader does what Parse and ParseTimestamp do, for the signatures and timestamps of one document,
// which often embed the same chains. It keeps parsed certificates by their DER, up to maxKept
// bytes, so that each is parsed once. It does not copy its input, which must not change afterwards.
// The zero Reader is ready for use, by one goroutine at a time.
type Reader struct {
	// certificates that are parsed already, used until maxKept is reached; every new certificate is
	// compared with each of them
	Known []*x509.Certificate
	// Take takes the memory of a certificate, by ParsedSize, before it is parsed. Parse returns its
	// error. nil = memory is not counted.
	Take func(bytes int64) error

	kept    map[string]*x509.Certificate
	size    int   // bytes
	refused error // by Take
}

// Parse does what the function Parse does.
func (r *Reader) Parse(der []byte) (*SignedData, error) { return r.parse(der, formDetached) }

// ParseTimestamp does what the function ParseTimestamp does.
func (r *Reader) ParseTimestamp(der []byte) (*Timestamp, error) {
	s, err := r.parse(der, formTimestamp)
	if err != nil {
		return nil, err
	}
	t := &Timestamp{SignedData: s, Raw: s.raw}
	if err := t.readInfo(s.content); err != nil {
		return nil, err
	}
	return t, nil
}

func (r *Reader) certificate(der []byte) (*x509.Certificate, error) {
	if known, ok := r.kept[string(der)]; ok {
		return known, nil
	}
	if r.size+len(der) > maxKept {
		return r.parseNew(der)
	}
	c, err := r.parsed(der)
	if err != nil {
		return nil, err
	}
	if r.kept == nil {
		r.kept = map[string]*x509.Certificate{}
	}
	r.kept[string(der)] = c
	r.size += len(der)
	return c, nil
}

func (r *Reader) parsed(der []byte) (*x509.Certificate, error) {
	for _, known := range r.Known {
		if bytes.Equal(known.Raw, der) {
			return known, nil
		}
	}
	return r.parseNew(der)
}

func (r *Reader) parseNew(der []byte) (*x509.Certificate, error) {
	if r.Take != nil {
		if r.refused = r.Take(ParsedSize(der)); r.refused != nil {
			return nil, r.refused
		}
	}
	return certificate.Outline(der)
}
