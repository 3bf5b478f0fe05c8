package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// world is running trust services, with a signer of theirs and clients.
type world struct {
	*trusttest.Services
	signer
	clients pades.Services
}

func newWorld(t testing.TB, config trusttest.Config) *world {
	t.Helper()
	services, err := trusttest.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { services.Close() })
	w := &world{Services: services, clients: newClients(t, services)}
	w.signer = w.newSigner(t, pkitest.P256, pkitest.SigningTemplate("Seal", time.Now()))
	return w
}

// newSigner makes another signer, whose certificate does not name some services.
func (w *world) newSigner(t testing.TB, algorithm pkitest.Algorithm, template *x509.Certificate,
	without ...trusttest.Service) signer {
	t.Helper()
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := w.Issue(template, key.Public(), without...)
	if err != nil {
		t.Fatal(err)
	}
	return signer{chain, key}
}

// newClients makes clients with empty caches.
func newClients(t testing.TB, services *trusttest.Services) pades.Services {
	t.Helper()
	source, err := trustservices.NewRevocation(trustservices.RevocationConfig{
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	anchors := x509.NewCertPool()
	anchors.AddCert(services.Root)
	timestamper, err := trustservices.NewTimestamper(
		trustservices.TimestamperConfig{URLs: []string{services.TSAURL()}, Anchors: anchors})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(timestamper.Close)
	return pades.Services{Timestamper: timestamper, Revocation: source}
}

func (w *world) options(level pades.Level) pades.Options {
	return pades.Options{Level: level, Services: w.clients, Time: time.Now()}
}

// extend extends a document and gives the whole file.
func (w *world) extend(t *testing.T, document []byte, extension sign.Extension) []byte {
	t.Helper()
	increment, err := w.tryExtend(t.Context(), document, extension)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, increment.Bytes)
}

func (w *world) tryExtend(ctx context.Context, document []byte, extension sign.Extension) (*pades.Increment, error) {
	if extension.Time.IsZero() {
		extension.Time = time.Now()
	}
	if extension.Services.Timestamper == nil && extension.Services.Revocation == nil {
		extension.Services = w.clients
	}
	return sign.Extend(ctx, bytes.NewReader(document), extension)
}

// store is the security store of a document.
type store struct {
	dict               pdf.Dict
	certs, ocsps, crls [][]byte
	related            map[pdf.Name]store // /VRI
}

func readStore(t *testing.T, document []byte) store {
	t.Helper()
	file, catalog := open(t, document)
	dict, err := file.Dict(catalog["DSS"])
	if err != nil {
		t.Fatal(err)
	}
	s := store{
		dict: dict, related: map[pdf.Name]store{},
		certs: readValues(t, file, dict["Certs"]), ocsps: readValues(t, file, dict["OCSPs"]),
		crls: readValues(t, file, dict["CRLs"]),
	}
	related, err := file.Dict(dict["VRI"])
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range related {
		entry, err := file.Dict(value)
		if err != nil {
			t.Fatal(err)
		}
		s.related[key] = store{
			dict: entry, certs: readValues(t, file, entry["Cert"]),
			ocsps: readValues(t, file, entry["OCSP"]), crls: readValues(t, file, entry["CRL"]),
		}
	}
	return s
}

// readValues reads an array of references to streams, each of which must occur once.
func readValues(t *testing.T, file *pdf.File, object pdf.Object) [][]byte {
	t.Helper()
	array, err := file.Array(object)
	if err != nil {
		t.Fatal(err)
	}
	var values [][]byte
	for _, entry := range array {
		if _, ok := entry.(pdf.Ref); !ok {
			t.Fatalf("got %v in the security store, want a reference", entry)
		}
		stream, err := file.Stream(entry)
		if err != nil {
			t.Fatal(err)
		}
		value, err := file.Decode(stream)
		if err != nil {
			t.Fatal(err)
		}
		if holds(values, value) {
			t.Error("got a value twice in an array of the security store")
		}
		values = append(values, value)
	}
	return values
}

func holds(values [][]byte, value []byte) bool {
	return slices.ContainsFunc(values, func(other []byte) bool { return bytes.Equal(other, value) })
}

// seal is a signature dictionary as the file has it.
type seal struct {
	field    string
	dict     pdf.Dict
	widget   pdf.Dict
	contents []byte // with its padding
	covered  []byte // what /ByteRange covers
	end      int
}

// seals reads every signature of a document in the order of the form.
func seals(t *testing.T, document []byte) []seal {
	t.Helper()
	file, catalog := open(t, document)
	form, err := file.Dict(catalog["AcroForm"])
	if err != nil {
		t.Fatal(err)
	}
	fields, err := file.Array(form["Fields"])
	if err != nil {
		t.Fatal(err)
	}
	var all []seal
	for _, entry := range fields {
		widget, err := file.Dict(entry)
		if err != nil {
			t.Fatal(err)
		}
		dict, err := file.Dict(widget["V"])
		if err != nil {
			t.Fatal(err)
		}
		if dict == nil {
			continue
		}
		r := dict["ByteRange"].(pdf.Array)
		at := func(i int) int { return int(r[i].(pdf.Integer)) }
		one := seal{dict: dict, widget: widget, contents: []byte(dict["Contents"].(pdf.String)), end: at(2) + at(3)}
		name, err := file.String(widget["T"])
		if err != nil {
			t.Fatal(err)
		}
		one.field = name.Text()
		one.covered = slices.Concat(document[:at(1)], document[at(2):one.end])
		all = append(all, one)
	}
	return all
}

func (s seal) key() pdf.Name { return pdf.Name(fmt.Sprintf("%X", sha1.Sum(s.contents))) }

func (s seal) cms(t *testing.T) *cms.SignedData {
	t.Helper()
	der, err := trimmed(s.contents)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// token gives the token of a document timestamp, and checks that it is over the covered bytes.
func (s seal) token(t *testing.T) *cms.Timestamp {
	t.Helper()
	der, err := trimmed(s.contents)
	if err != nil {
		t.Fatal(err)
	}
	token, err := cms.ParseTimestamp(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(digest(token.Hash.Hash(), s.covered)); err != nil {
		t.Errorf("document timestamp: %v", err)
	}
	return token
}

// signatureTimestamp gives the timestamp token of a signature, and checks that it is over the
// signature value.
func (s seal) signatureTimestamp(t *testing.T) *cms.Timestamp {
	t.Helper()
	signed := s.cms(t)
	if n := len(signed.Timestamps()); n != 1 {
		t.Fatalf("got %d signature timestamps, want 1", n)
	}
	token, err := cms.ParseTimestamp(signed.Timestamps()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(digest(token.Hash.Hash(), signed.Signature)); err != nil {
		t.Errorf("signature timestamp: %v", err)
	}
	return token
}

func digest(algorithm crypto.Hash, data []byte) []byte {
	h := algorithm.New()
	h.Write(data)
	return h.Sum(nil)
}

// isDocumentTimestamp reports whether a dictionary has exactly the entries that ISO 32000-2,
// 12.8.5, requires.
func (s seal) isDocumentTimestamp() bool {
	return s.dict["Type"] == pdf.Name("DocTimeStamp") && s.dict["SubFilter"] == pdf.Name("ETSI.RFC3161") &&
		s.dict["Filter"] == pdf.Name("Adobe.PPKLite") && len(s.dict) == 5
}

// revisions is the number of revisions in a file.
func revisions(document []byte) int { return bytes.Count(document, []byte("%%EOF")) }

func serviceError(t *testing.T, err error) *pades.ServiceError {
	t.Helper()
	fault, ok := errors.AsType[*pades.ServiceError](err)
	if !ok {
		t.Fatalf("got %v, want a *ServiceError", err)
	}
	return fault
}

// trimmed gives the CMS element of a /Contents, which only zeros may follow.
func trimmed(contents []byte) ([]byte, error) {
	der, padding, err := cms.Split(contents)
	if err == nil && !cms.Blank(padding) {
		err = errors.New("something follows the CMS element")
	}
	return der, err
}
