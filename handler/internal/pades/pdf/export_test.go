package pdf

import (
	"context"

	"influxion/handler/internal/pades/pdf/bounds"
)

// Parse reads one object from data; it understands no streams, which need a file. White space and
// comments may surround the object, nothing else.
func Parse(data []byte, limits Limits) (Object, error) {
	limits = limits.WithDefaults()
	ctx := context.Background()
	spending := bounds.NewAccount(ctx, bounds.NewMemory(ctx, int64(len(data))), limits)
	p := &parser{lexer: lexer{account: &spending, buf: data, end: int64(len(data))}, limits: &limits}
	object := p.single()
	p.skipSpace()
	if p.pay(); p.err != nil {
		return nil, p.err
	}
	if p.pos < len(p.buf) {
		return nil, damaged("something follows the object")
	}
	return object, nil
}
