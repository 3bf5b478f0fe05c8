package csc

import (
	"encoding/asn1"

	"influxion/handler/internal/pades/algorithm"
)

// Object identifiers that name a scheme only together with another parameter.
const (
	rsaEncryption = "1.2.840.113549.1.1.1"  // with a hash algorithm: RFC 3447, appendix A.1
	rsassaPSS     = "1.2.840.113549.1.1.10" // with parameters: RFC 4055, section 3.1
)

// combined are the signature algorithms whose object identifier includes the digest: RFC 8017,
// appendix A.2.4, and RFC 5758, section 3.2.
var combined = []struct {
	oid    string
	scheme algorithm.Scheme
}{
	{"1.2.840.113549.1.1.11", algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.SHA256}},
	{"1.2.840.113549.1.1.12", algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.SHA384}},
	{"1.2.840.113549.1.1.13", algorithm.Scheme{Family: algorithm.PKCS1, Digest: algorithm.SHA512}},
	{"1.2.840.10045.4.3.2", algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA256}},
	{"1.2.840.10045.4.3.3", algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA384}},
	{"1.2.840.10045.4.3.4", algorithm.Scheme{Family: algorithm.ECDSA, Digest: algorithm.SHA512}},
}

// names returns the object identifiers of schemes.
func names(schemes []algorithm.Scheme) []string {
	var oids []string
	for _, row := range combined {
		for _, scheme := range schemes {
			if row.scheme == scheme {
				oids = append(oids, row.oid)
			}
		}
	}
	return oids
}

// digest returns the hash algorithm of the request; "" = it names none.
func (b body) digest() (algorithm.Digest, error) {
	oid, err := b.text("hashAlgo", "hashAlgorithmOID")
	if err != nil || oid == "" {
		return "", err
	}
	for _, digest := range []algorithm.Digest{algorithm.SHA256, algorithm.SHA384, algorithm.SHA512} {
		if digest.OID().String() == oid {
			return digest, nil
		}
	}
	return "", invalid("parameter hashAlgo is not SHA-256, SHA-384 or SHA-512", nil)
}

// scheme returns the scheme that the signature algorithm, its parameters and the hash algorithm
// name. They must agree.
func (b body) scheme() (algorithm.Scheme, error) {
	none := algorithm.Scheme{}
	digest, err := b.digest()
	if err != nil {
		return none, err
	}
	oid, err := b.needText("signAlgo")
	if err != nil {
		return none, err
	}
	encoded, err := b.text("signAlgoParams")
	if err != nil {
		return none, err
	}
	scheme, err := named(oid, encoded, digest)
	switch {
	case err != nil:
		return none, err
	case scheme.Digest == "":
		return none, missing("string", "hashAlgo")
	case digest != "" && scheme.Digest != digest:
		return none, invalid("parameters hashAlgo and signAlgo name different hash algorithms", nil)
	}
	return scheme, nil
}

func named(oid, parameters string, digest algorithm.Digest) (algorithm.Scheme, error) {
	if oid == rsassaPSS {
		return pss(parameters)
	}
	if parameters != "" && parameters != "BQA=" { // NULL parameters change nothing
		return algorithm.Scheme{}, invalid("parameter signAlgoParams applies only to RSASSA-PSS", nil)
	}
	if oid == rsaEncryption {
		return algorithm.Scheme{Family: algorithm.PKCS1, Digest: digest}, nil
	}
	for _, row := range combined {
		if row.oid == oid {
			return row.scheme, nil
		}
	}
	return algorithm.Scheme{}, invalid("parameter signAlgo is not one of key.algo", nil)
}

// pss parses the parameters of RSASSA-PSS. They are required, because their default is SHA-1.
func pss(encoded string) (algorithm.Scheme, error) {
	if encoded == "" {
		return algorithm.Scheme{}, missing("string", "signAlgoParams")
	}
	der, err := octets("signAlgoParams", encoded)
	if err != nil {
		return algorithm.Scheme{}, err
	}
	identifier := algorithm.Identifier{OID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}, Parameters: der}
	scheme := identifier.Scheme("")
	if !scheme.Known() {
		return scheme, invalid("parameter signAlgoParams is not RSASSA-PSS-params", nil)
	}
	return scheme, nil
}
