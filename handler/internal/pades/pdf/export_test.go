package pdf

import "context"

// Parse reads one object from data; it understands no streams, which need a file. White space and
// comments may surround the object, nothing else.
func Parse(data []byte, limits Limits) (Object, error) {
	limits = limits.withDefaults()
	ctx := context.Background()
	spending := &account{ctx: ctx, document: newMemory(ctx, int64(len(data))), work: limits.Work,
		inflated: limits.Inflated}
	p := &parser{lexer: lexer{account: spending, buf: data, end: int64(len(data))}, limits: &limits}
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
