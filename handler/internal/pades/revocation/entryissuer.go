package revocation

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/certificate"
)

// entryIssuers stores the certificate issuer of each entry of a CRL. An entry without
// certificateIssuer has the issuer of the entry before it; the first such entry has the issuer of
// the CRL: RFC 5280, section 5.3.3.
type entryIssuers struct {
	names [][]byte // DER of the names as they are written: an issuer can have several
	runs  []run
}

// run is a sequence of entries of one issuer.
type run struct {
	from   uint32 // where its first entry begins
	issuer uint32 // in names
}

func readEntryIssuers(own []byte, entries cryptobyte.String) (*entryIssuers, *Error) {
	all := &entryIssuers{names: [][]byte{own}}
	numbers, bytes := map[string]uint32{string(own): 0}, 0
	for s := entries; !s.Empty(); {
		at := uint32(len(entries) - len(s))
		var e entry
		if !e.read(&s) {
			break // impossible: all of them were read before
		}
		name, ok := e.issuer()
		if !ok {
			return nil, errorf(Malformed, "the issuer of an entry of the CRL cannot be read")
		}
		if name == nil {
			continue
		}
		number, known := numbers[string(name)]
		if !known {
			if bytes += len(name); len(all.names) == maxIssuers || bytes > maxIssuerNames {
				return nil, errorf(Malformed,
					"the CRL covers more than %d issuers, or their names have over %d bytes",
					maxIssuers, maxIssuerNames)
			}
			number = uint32(len(all.names))
			all.names, numbers[string(name)] = append(all.names, name), number
		}
		all.runs = append(all.runs, run{at, number})
	}
	return all, nil
}

// issuer returns the directoryName of the certificateIssuer extension; nil = there is none. An
// entry with two of them could be about either, so that it makes the CRL unusable.
func (e *entry) issuer() (name []byte, ok bool) {
	for rest := e.extensions; !rest.Empty(); {
		var x extension
		if !readExtension(&rest, &x) {
			return nil, false
		}
		if string(x.oid) != oidCertificateIssuer {
			continue
		}
		var contents, directory cryptobyte.String
		if !x.value.ReadASN1(&contents, asn1.SEQUENCE) || !x.value.Empty() {
			return nil, false
		}
		names, ok := readNames(contents)
		for _, general := range names {
			if !general.ReadASN1(&directory, explicit(directoryName)) {
				continue
			}
			if len(directory) > maxName || name != nil && !certificate.SameName(name, directory) {
				return nil, false
			}
			name = directory
		}
		if !ok || name == nil {
			return nil, false
		}
	}
	return name, true
}

// of returns the index in names of the issuer of the entry at an offset.
func (i *entryIssuers) of(at uint32) uint32 {
	place, exact := slices.BinarySearchFunc(i.runs, at, func(r run, at uint32) int { return int(r.from) - int(at) })
	if exact {
		return i.runs[place].issuer
	}
	if place == 0 {
		return 0
	}
	return i.runs[place-1].issuer
}

// named returns the indexes of all encodings of an issuer's name.
func (i *entryIssuers) named(issuer []byte) (numbers []uint32) {
	for number, name := range i.names {
		if certificate.SameName(name, issuer) {
			numbers = append(numbers, uint32(number))
		}
	}
	return numbers
}
