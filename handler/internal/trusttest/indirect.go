package trusttest

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pkitest"
)

// signerPath is the path of the certificate of an indirect CRL's signer.
const signerPath = "lists.crt"

// addLister makes the signer of an authority's indirect CRL: RFC 5280, section 5.
func (a *authority) addLister(now time.Time) error {
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		return err
	}
	subject := a.Chain[0].Subject
	chain, err := a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: subject.CommonName + " Lists", Organization: subject.Organization,
			Country: subject.Country},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageCRLSign, SubjectKeyId: []byte("the lister's key"),
	}, key.Public())
	a.lister = &pkitest.Authority{Chain: chain, Key: key}
	return err
}

// IndirectPoint is the CRL distribution point of a certificate whose authority lets another signer
// sign its CRL. With the fault Indirect, the service serves that CRL.
func (s *Services) IndirectPoint(name Name) (pkix.Extension, error) {
	lister := s.authorities[name].lister.Chain[0].RawSubject
	value, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				addPointName(b, s.URL(name, CRL))
				b.AddASN1(explicit(2), func(b *cryptobyte.Builder) {
					b.AddASN1(explicit(4), func(b *cryptobyte.Builder) { b.AddBytes(lister) })
				})
			})
		})
	})
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: value}, err
}

// indirect turns a CRL template into one of the lister. Its entries name the authority, and the CRL
// says where the lister's certificate is.
func (s *Services) indirect(a *authority, template *x509.RevocationList) error {
	named, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(4), func(b *cryptobyte.Builder) { b.AddBytes(a.Chain[0].RawSubject) })
		})
	})
	if err != nil {
		return err
	}
	issuer := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: named}
	for i := range template.RevokedCertificateEntries {
		template.RevokedCertificateEntries[i].ExtraExtensions = []pkix.Extension{issuer}
	}
	scope, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			addPointName(b, s.URL(a.name, CRL))
			b.AddASN1(der.Tag(4).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0xff) })
		})
	})
	if err != nil {
		return err
	}
	access, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 2})
				addURI(b, s.config.URL+"/"+string(a.name)+"/"+signerPath)
			})
		})
	})
	template.ExtraExtensions = []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: scope},
		{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}, Value: access},
	}
	return err
}

// addPointName adds a DistributionPointName of one URL.
func addPointName(b *cryptobyte.Builder, address string) {
	b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { addURI(b, address) })
	})
}

func addURI(b *cryptobyte.Builder, address string) {
	b.AddASN1(der.Tag(6).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(address)) })
}
