package keyvaulttest

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
)

// Bag is one private key or one certificate of a PKCS#12 file.
type Bag struct {
	Key         crypto.Signer
	Certificate []byte // DER
	LocalKeyID  string // "" = none
}

type safeBag struct {
	ID         asn1.ObjectIdentifier
	Value      asn1.RawValue
	Attributes []attribute `asn1:"set,omitempty"`
}

type attribute struct {
	ID     asn1.ObjectIdentifier
	Values [][]byte `asn1:"set"`
}

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue
}

// PlainPKCS12 returns a PKCS#12 file without encryption and without a message authentication code.
// Each part has its own bags.
func PlainPKCS12(parts ...[]Bag) ([]byte, error) {
	return plainPKCS12(parts, func(der []byte) []byte { return der })
}

// IndefinitePKCS12 returns the same file in BER, with every layer encoded by Indefinite.
func IndefinitePKCS12(parts ...[]Bag) ([]byte, error) { return plainPKCS12(parts, Indefinite) }

func plainPKCS12(parts [][]Bag, encode func(der []byte) []byte) ([]byte, error) {
	data := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	var infos []contentInfo
	for _, part := range parts {
		var bags []safeBag
		for _, b := range part {
			made, err := b.safeBag()
			if err != nil {
				return nil, err
			}
			bags = append(bags, made)
		}
		infos = append(infos, contentInfo{data, explicit(der(encode(der(bags))))})
	}
	return encode(der(struct {
		Version int
		Safe    contentInfo
	}{3, contentInfo{data, explicit(der(encode(der(infos))))}})), nil
}

func (b Bag) safeBag() (safeBag, error) {
	made := safeBag{ID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}}
	if b.Key != nil {
		key, err := x509.MarshalPKCS8PrivateKey(b.Key)
		if err != nil {
			return safeBag{}, fmt.Errorf("encode private key: %w", err)
		}
		made.ID, made.Value = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}, explicit(key)
	} else {
		made.Value = explicit(der(struct {
			ID   asn1.ObjectIdentifier
			Data []byte `asn1:"tag:0,explicit"`
		}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}, b.Certificate}))
	}
	if b.LocalKeyID != "" {
		localKeyID := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 21}
		made.Attributes = []attribute{{localKeyID, [][]byte{[]byte(b.LocalKeyID)}}}
	}
	return made, nil
}

func explicit(inner []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: inner}
}

// der encodes a value whose encoding cannot fail.
func der(value any) []byte {
	made, err := asn1.Marshal(value)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return made
}

// Indefinite re-encodes DER as BER: constructed elements have an indefinite length at every level,
// and octet strings come in pieces. The content of octet strings stays unchanged.
func Indefinite(der []byte) []byte {
	const piece = 100
	var made []byte
	for len(der) > 0 {
		var e asn1.RawValue
		rest, err := asn1.Unmarshal(der, &e)
		if err != nil {
			return append(made, der...)
		}
		switch {
		case e.IsCompound:
			made = slices.Concat(made, e.FullBytes[:1], []byte{0x80}, Indefinite(e.Bytes), []byte{0, 0})
		case e.Class == asn1.ClassUniversal && e.Tag == asn1.TagOctetString,
			e.Class == asn1.ClassContextSpecific && e.Tag == 0:
			made = append(made, e.FullBytes[0]|0x20, 0x80)
			for part := range slices.Chunk(e.Bytes, piece) {
				made = append(append(made, asn1.TagOctetString, byte(len(part))), part...)
			}
			made = append(made, 0, 0)
		default:
			made = append(made, e.FullBytes...)
		}
		der = rest
	}
	return made
}
