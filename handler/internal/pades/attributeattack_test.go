package pades_test

import (
	"crypto"
	"slices"
	"time"
)

// attributeRows are changes of the signed attributes but for the references.
func attributeRows() []messageRow {
	more := func(all ...[]byte) func(*message) {
		return func(m *message) { m.attributes = append(m.attributes, all...) }
	}
	set := func(i int, make func(m *message) []byte) func(*message) {
		return func(m *message) { m.attributes[i] = make(m) }
	}
	sum := func(m *message) []byte { return tlv(4, digest(m.scheme.hash, m.content)) }
	protection := func(digest func(*message) []byte, signature func(*message) []byte) func(*message) {
		return func(m *message) {
			stated := signature(m)
			m.attributes = append(m.attributes, signedAttribute(kindProtection,
				tlv(0x30, digest(m), append([]byte{0xa1}, stated[1:]...))))
		}
	}
	right := func(m *message) []byte { return m.digest }
	signature := func(m *message) []byte { return m.scheme.algorithm }
	now := tlv(0x17, []byte(time.Now().UTC().Format("060102150405Z")))
	return []messageRow{
		{"no content-type", set(0, func(*message) []byte { return nil }), odd},
		{"content-type twice", func(m *message) { m.attributes = append(m.attributes, m.attributes[0]) }, odd},
		{"another content-type", set(0, func(*message) []byte {
			return signedAttribute(kindContentType, derTSTInfo)
		}), odd},
		{"content-type of two values", set(0, func(*message) []byte {
			return tlv(0x30, kindContentType, tlv(0x31, derData, derData))
		}), odd},
		{"content-type without a value", set(0, func(*message) []byte {
			return tlv(0x30, kindContentType, tlv(0x31))
		}), odd},
		{"no message-digest", set(1, func(*message) []byte { return nil }), malformed},
		{"message-digest twice", func(m *message) {
			m.attributes = append(m.attributes, m.attributes[1])
		}, malformed},
		{"another message-digest too", more(signedAttribute(kindMessageDigest, tlv(4, make([]byte, 32)))), malformed},
		{"message-digest of two values", set(1, func(m *message) []byte {
			return tlv(0x30, kindMessageDigest, tlv(0x31, sum(m), sum(m)))
		}), malformed},
		{"message-digest that is no OCTET STRING", set(1, func(*message) []byte {
			return signedAttribute(kindMessageDigest, null)
		}), malformed},
		{"a signing time", more(signedAttribute(kindSigningTime, now)), noBaseline},
		{"a signing time twice",
			more(signedAttribute(kindSigningTime, now), signedAttribute(kindSigningTime, now)), noBaseline},
		{"a signing time that is none", more(signedAttribute(kindSigningTime, null)), noBaseline},
		{"a private attribute", more(signedAttribute(oid(1, 2, 3), null)), baseline},
		{"a private attribute twice",
			more(signedAttribute(oid(1, 2, 3), null), signedAttribute(oid(1, 2, 3), null)), baseline},
		{"a private attribute without a value", more(tlv(0x30, oid(1, 2, 3), tlv(0x31))), baseline},
		{"a content hint", more(signedAttribute(pkcs9OID(16, 2, 4), tlv(0x30, derTSTInfo))), baseline},
		{"a content timestamp that is none", more(signedAttribute(kindContentTimestamp, null)), baseline},
		{"algorithms protected", protection(right, signature), baseline},
		{"another digest protected", protection(func(*message) []byte {
			return algorithmOf(sha2OID(2))
		}, signature), odd},
		{"another signature protected", protection(right, func(*message) []byte { return withECDSA(3) }), odd},
		{"algorithms protected twice", func(m *message) {
			protection(right, signature)(m)
			m.attributes = append(m.attributes, m.attributes[3])
		}, odd},
		{"protection of nonsense", more(signedAttribute(kindProtection, null)), odd},
		{"attributes in no order", func(m *message) { m.unsorted = true; slices.Reverse(m.attributes) }, noBaseline},
		{"attributes of indefinite length", func(m *message) {
			m.carried = func(set []byte) []byte { return slices.Concat([]byte{0xa0, 0x80}, set, []byte{0, 0}) }
		}, noBaseline},
		{"no attributes, another digestAlgorithm", func(m *message) {
			m.noAttributes, m.declared, m.digest = true, algorithmOf(sha2OID(2)), algorithmOf(sha2OID(2))
		}, "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE not_evaluated"},
		{"no attributes", func(m *message) { m.noAttributes = true }, unbound},
	}
}

// referenceRows are changes of the signed references to the signer's certificate: RFC 5035.
func referenceRows() []messageRow {
	reference := func(make func(m *message) []byte) func(*message) {
		return func(m *message) { m.attributes[2] = make(m) }
	}
	v2 := func(certIDs func(m *message) [][]byte) func(*message) {
		return reference(func(m *message) []byte {
			return signedAttribute(kindReferenceV2, referenceTo(certIDs(m)...))
		})
	}
	by := func(hash crypto.Hash, algorithm []byte) func(*message) {
		return v2(func(m *message) [][]byte { return [][]byte{certID(hash, algorithm, m.by.chain[0])} })
	}
	own := func(m *message) []byte { return certID(crypto.SHA256, nil, m.by.chain[0]) }
	issuers := func(m *message) []byte { return certID(crypto.SHA256, nil, m.by.chain[1]) }
	bare := func(m *message) []byte { return tlv(0x30, tlv(4, digest(crypto.SHA256, m.by.chain[0].Raw))) }
	v1 := func(of int) func(*message) []byte {
		return func(m *message) []byte {
			return signedAttribute(kindReference, referenceTo(certID(crypto.SHA1, nil, m.by.chain[of])))
		}
	}
	return []messageRow{
		{"no reference", reference(func(*message) []byte { return nil }), unbound},
		{"reference twice", func(m *message) { m.attributes = append(m.attributes, m.attributes[2]) }, unbound},
		{"reference to another certificate", v2(func(m *message) [][]byte { return [][]byte{issuers(m)} }), unbound},
		{"reference of version 1", reference(v1(0)), baseline},
		{"references of both versions", func(m *message) { m.attributes = append(m.attributes, v1(0)(m)) }, baseline},
		{"references of both versions, the first to another", func(m *message) {
			m.attributes = append(m.attributes, v1(1)(m))
		}, unbound},
		{"references of both versions, the second to another", func(m *message) {
			m.attributes = append(m.attributes, v1(0)(m))
			m.attributes[2] = signedAttribute(kindReferenceV2, referenceTo(issuers(m)))
		}, unbound},
		{"reference by MD5",
			by(crypto.MD5, algorithmOf(derMD5)), "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE_NO_POE intact B-B"},
		{"reference by SHA-1 in version 2", by(crypto.SHA1, algorithmOf(derSHA1)), baseline},
		{"reference by SHA-512", by(crypto.SHA512, algorithmOf(sha2OID(3))), baseline},
		{"reference by a digest that is not known", by(crypto.SHA256, algorithmOf(oid(1, 2, 3))), unbound},
		{"reference with the DEFAULT", by(crypto.SHA256, algorithmOf(sha2OID(1))), baseline},
		{"reference without issuer and serial number", v2(func(m *message) [][]byte {
			return [][]byte{bare(m)}
		}), baseline},
		{"reference with another serial number", v2(func(m *message) [][]byte {
			return [][]byte{tlv(0x30, tlv(4, digest(crypto.SHA256, m.by.chain[0].Raw)),
				tlv(0x30, tlv(0x30, tlv(0xa4, m.by.chain[0].RawIssuer)), []byte{2, 1, 7}))}
		}), unbound},
		{"reference with another issuer", v2(func(m *message) [][]byte {
			return [][]byte{tlv(0x30, tlv(4, digest(crypto.SHA256, m.by.chain[0].Raw)),
				tlv(0x30, tlv(0x30, tlv(0xa4, m.by.chain[0].RawSubject)), integer(m.by.chain[0].SerialNumber)))}
		}), unbound},
		{"reference with an address for issuer", v2(func(m *message) [][]byte {
			return [][]byte{tlv(0x30, tlv(4, digest(crypto.SHA256, m.by.chain[0].Raw)),
				tlv(0x30, tlv(0x30, tlv(0x82, []byte("example.org"))), integer(m.by.chain[0].SerialNumber)))}
		}), unbound},
		{"references to its certificate and its issuer's", v2(func(m *message) [][]byte {
			return [][]byte{own(m), issuers(m)}
		}), baseline},
		{"references to its issuer's certificate and its own", v2(func(m *message) [][]byte {
			return [][]byte{issuers(m), own(m)}
		}), unbound},
		{"a reference to nothing", v2(func(*message) [][]byte { return nil }), unbound},
		{"a reference that is none", reference(func(*message) []byte {
			return signedAttribute(kindReferenceV2, null)
		}), unbound},
		{"a reference of two values", reference(func(m *message) []byte {
			return tlv(0x30, kindReferenceV2, tlv(0x31, referenceTo(own(m)), referenceTo(issuers(m))))
		}), unbound},
	}
}
