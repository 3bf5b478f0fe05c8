package verify

import (
	"context"
	"crypto/x509"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
)

// JudgeAfter verifies a document after charging spent units of effort.
func JudgeAfter(ctx context.Context, doc pades.Document, trust pades.Trust, spent int) ([]pades.Signature, error) {
	e, err := examine(ctx, doc, trust, false)
	if err != nil {
		return nil, err
	}
	charge(e.chain, spent)
	return e.judge(ctx, e.signatures)
}

func charge(v *chain.Validator, units int) {
	for range units {
		v.Charge(&x509.Certificate{}) // one unit each
	}
}
