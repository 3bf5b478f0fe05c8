package cms

import (
	"bytes"
	"crypto/x509"

	"influxion/handler/internal/pades/certificate"
)

// Reader does what Parse and ParseTimestamp do for the signatures and timestamps of one document, which embed the same chains over and
// over: it keeps the certificates that could be parsed, by their DER and up to maxKept, and parses each once. It does not copy what it is
// given, which must not change any more. The zero value is ready for use, by one goroutine at a time.
type Reader struct {
	Known []*x509.Certificate // parsed already, and not parsed again until maxKept is reached; looked through for each new one
	// Take is asked for the memory of a certificate, as ParsedSize has it, before it is parsed; its error is that of Parse. nil = not asked.
	Take func(bytes int64) error

	kept    map[string]*x509.Certificate
	size    int   // bytes
	refused error // by Take
}

// Parse is the function Parse.
func (r *Reader) Parse(der []byte) (*SignedData, error) { return r.parse(der, formDetached) }

// ParseTimestamp is the function ParseTimestamp.
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
