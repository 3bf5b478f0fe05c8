package hostiletest

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// signed returns files whose signatures are expensive.
func signed(s *signer) (map[string][]byte, error) {
	sample := pdftest.Sample(0)
	all := map[string][]byte{}
	var err error
	if all["signed: as often as there is room"], err = s.signUpTo(sample, MaxSize, 250, pades.Options{}); err != nil {
		return nil, err
	}
	swollen, err := s.swollen(60<<10, 3)
	if err != nil {
		return nil, err
	}
	if all["signed: with certificates that swell"], err = s.with(swollen...).signUpTo(sample, MaxSize, 4,
		pades.Options{}); err != nil {
		return nil, err
	}
	for name, algorithm := range map[string]pkitest.Algorithm{"P-521": pkitest.P521, "RSA-4096": pkitest.RSA4096} {
		other, err := newSigner(algorithm)
		if err != nil {
			return nil, err
		}
		if all["signed: with "+name], err = other.signUpTo(sample, MaxSize, 250, pades.Options{}); err != nil {
			return nil, err
		}
	}
	namesakes, err := s.namesakes(60)
	if err != nil {
		return nil, err
	}
	if all["signed: by one of many namesakes"], err = s.with(namesakes...).signUpTo(sample, MaxSize, 20,
		pades.Options{}); err != nil {
		return nil, err
	}
	for name, der := range signedDatas() {
		all["signed: "+name] = withContents(der, 1)
	}
	one, err := s.signature()
	if err != nil {
		return nil, err
	}
	all["signed: two hundred times with no more than a frame"] = withContents([]byte{0x30, 0}, 190)
	all["signed: two hundred times by the same"] = withContents(one, 60)
	all["signed: index of free objects, three signatures"], err = s.caseOfFreeObjects()
	return all, err
}

// signature returns a CMS signature of this signer over a document of its own.
func (s *signer) signature() ([]byte, error) {
	document, err := s.sign(pdftest.Sample(0), pades.Options{})
	if err != nil {
		return nil, err
	}
	_, rest, _ := bytes.Cut(document, []byte("/Contents <"))
	text, _, _ := bytes.Cut(rest, []byte(">"))
	der := make([]byte, len(text)/2)
	_, err = fmt.Sscanf(string(text), "%x", &der)
	return bytes.TrimRight(der, "\x00"), err
}

// caseOfFreeObjects returns a file with a cross-reference stream of free objects, followed by
// signatures and updates.
func (s *signer) caseOfFreeObjects() ([]byte, error) {
	return s.signUpTo(pdftest.FreeObjects(millions-100), MaxSize, 3, pades.Options{})
}

// swollen returns certificates of about size bytes with as many alternative names as fit into them.
func (s *signer) swollen(size, count int) (all []*x509.Certificate, err error) {
	value, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true,
		Bytes: bytes.Repeat([]byte{0x86, 2, 'a', ':'}, size/4)})
	if err != nil {
		return nil, err
	}
	for range count {
		template := pkitest.SigningTemplate("Swollen", s.now)
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value}}
		chain, err := s.authority.Issue(template, s.key.Public())
		if err != nil {
			return nil, err
		}
		all = append(all, chain[0])
	}
	return all, nil
}

// namesakes returns authorities with the name of the signer's authority that issue each other.
// Verification with their keys is expensive.
func (s *signer) namesakes(count int) (all []*x509.Certificate, err error) {
	key, err := pkitest.NewKey(pkitest.P521)
	if err != nil {
		return nil, err
	}
	for i := range count {
		template := *s.authority.Root()
		template.SerialNumber, template.RawSubject, template.SubjectKeyId, template.AuthorityKeyId = big.NewInt(
			int64(i+1)), s.authority.Root().RawSubject, nil, nil
		template.SignatureAlgorithm, template.PublicKey = x509.ECDSAWithSHA512, key.Public()
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
		if err != nil {
			return nil, err
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// signedDatas returns CMS SignedData, and data that look like it.
func signedDatas() map[string][]byte {
	const half = 480_000
	element := func(tag byte, content []byte) []byte {
		// of any content
		der, _ := asn1.Marshal(asn1.RawValue{FullBytes: nil, Class: int(tag >> 6), Tag: int(tag & 0x1f),
			IsCompound: tag&0x20 != 0, Bytes: content})
		return der
	}
	oid := []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}
	frame := func(parts ...[]byte) []byte {
		return element(0x30, append(bytes.Clone(oid), element(0xa0, element(0x30, bytes.Join(parts, nil)))...))
	}
	version, digests := []byte{2, 1, 1}, element(0x31, nil)
	content := element(0x30, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1})
	return map[string][]byte{
		"nested elements":        bytes.Repeat([]byte{0x30, 0x80}, half/2),
		"an object identifier":   element(0x30, element(6, bytes.Repeat([]byte{0x81}, half))),
		"many digest algorithms": frame(version, element(0x31, bytes.Repeat([]byte{0x30, 2, 6, 0}, half/4)), content),
		"many certificates": frame(version, digests, content,
			element(0xa0, bytes.Repeat([]byte{0x30, 0}, half/2)), element(0x31, nil)),
		"many lists": frame(version, digests, content,
			element(0xa1, bytes.Repeat([]byte{0x30, 0}, half/2)), element(0x31, nil)),
		"many signers": frame(version, digests, content,
			element(0x31, bytes.Repeat([]byte{0x30, 0}, half/2))),
		"a long number": frame(element(2, bytes.Repeat([]byte{0x7f}, half)), digests, content),
		"attributes of one octet": frame(version, digests, content,
			element(0x31,
				element(0x30, append(version, element(0xa0, bytes.Repeat([]byte{0x30, 2, 6, 0}, half/4))...)))),
	}
}

// withContents returns a document with count signatures that share the same /Contents, each in a
// different place.
func withContents(der []byte, count int) []byte {
	text := fmt.Sprintf("<%x>", der)
	refs := repeated(count, func(i int) string { return fmt.Sprintf("%d 0 R ", i+4) })
	l := newLayout(nil).page("/AcroForm<</SigFlags 3/Fields[" + refs + "]>>")
	var gaps [][2]int
	for i := range count {
		number := 4 + count + i
		l.object(4+i, fmt.Sprintf("<</FT/Sig/T(s%d)/V %d 0 R>>", i, number))
		l.offsets[number] = l.Len()
		l.highest = max(l.highest, number)
		fmt.Fprintf(l,
			"%d 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[%s]/Contents ", number,
			strings.Repeat(" ", 40))
		start := l.Len()
		l.WriteString(text)
		gaps = append(gaps, [2]int{start, l.Len()})
		l.WriteString(">>\nendobj\n")
	}
	file := l.table("").Bytes()
	for _, gap := range gaps {
		ranges := fmt.Sprintf("0 %d %d %d", gap[0], gap[1], len(file)-gap[1])
		copy(file[gap[0]-len("]/Contents ")-40:], ranges)
	}
	return file
}
