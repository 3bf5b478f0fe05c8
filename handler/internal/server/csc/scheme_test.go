package csc

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"influxion/handler/internal/pades/algorithm"
)

// parameters are RSASSA-PSS-params in base64.
func parameters(t *testing.T, s algorithm.Scheme) string {
	t.Helper()
	b := cryptobyte.NewBuilder(nil)
	s.Add(b)
	der := cryptobyte.String(b.BytesOrPanic())
	var identifier algorithm.Identifier
	if !identifier.Read(&der, 0x30) {
		t.Fatal("got no AlgorithmIdentifier")
	}
	return base64.StdEncoding.EncodeToString(identifier.Parameters)
}

// Each way of naming a scheme gives one scheme. Incomplete and contradictory names give an error.
func TestSchemesAreNamed(t *testing.T) {
	t.Parallel()
	const sha256, sha384, sha512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
	pss := algorithm.Scheme{Family: algorithm.PSS, Digest: algorithm.SHA384, Mask: algorithm.SHA384, Salt: 48}
	long := pss
	long.Salt = 222
	none := algorithm.Scheme{}
	tests := []struct {
		members map[string]any
		want    algorithm.Scheme
	}{
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.11"}, combined[0].scheme},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.11", "hashAlgo": sha256}, combined[0].scheme},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.12", "hashAlgorithmOID": sha384}, combined[1].scheme},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.13", "signAlgoParams": "BQA="}, combined[2].scheme},
		{map[string]any{"signAlgo": "1.2.840.10045.4.3.2"}, combined[3].scheme},
		{map[string]any{"signAlgo": "1.2.840.10045.4.3.3"}, combined[4].scheme},
		{map[string]any{"signAlgo": "1.2.840.10045.4.3.4", "hashAlgo": sha512}, combined[5].scheme},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.1", "hashAlgo": sha512}, combined[2].scheme},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.10", "signAlgoParams": parameters(t, pss)}, pss},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.10", "signAlgoParams": parameters(t, long),
			"hashAlgo": sha384}, long}, // parsed, but refused for the key
		{map[string]any{}, none},
		{map[string]any{"hashAlgo": sha256}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.1"}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.10"}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.10", "hashAlgo": sha256}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.10", "hashAlgo": sha256, "signAlgoParams": "MAA="}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.10", "signAlgoParams": "BQA="}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.10", "hashAlgo": sha256,
			"signAlgoParams": parameters(t, pss)}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.11", "hashAlgo": sha384}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.11", "signAlgoParams": parameters(t, pss)}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.11", "hashAlgo": sha256, "hashAlgorithmOID": sha256}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.5"}, none},
		{map[string]any{"signAlgo": "1.2.840.113549.1.1.11", "hashAlgo": "1.3.14.3.2.26"}, none},
		{map[string]any{"signAlgo": 1}, none},
		{map[string]any{"signAlgo": []string{"1.2.840.113549.1.1.11"}}, none},
	}
	for _, test := range tests {
		text, err := json.Marshal(test.members)
		if err != nil {
			t.Fatal(err)
		}
		b, err := readBody(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.scheme()
		if got != test.want || (err == nil) != test.want.Known() {
			t.Errorf("got %+v (%v) for %s, want %+v", got, err, text, test.want)
		}
	}
}
