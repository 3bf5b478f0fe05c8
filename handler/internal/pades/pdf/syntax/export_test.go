package syntax

import (
	"context"

	"influxion/handler/internal/pades/pdf/bounds"
)

// Parse reads one object from data. It reads no streams, because these need a file. Only white
// space and comments may surround the object.
func Parse(data []byte, limits bounds.Limits) (Object, error) {
	limits = limits.WithDefaults()
	ctx := context.Background()
	spending := bounds.NewAccount(ctx, bounds.NewMemory(ctx, int64(len(data))), limits)
	p := NewParser(&spending, nil, int64(len(data)), &limits, Parts{window: data})
	object := p.single()
	p.SkipSpace()
	if p.Pay(); p.err != nil {
		return nil, p.err
	}
	if p.pos < len(p.buf) {
		return nil, bounds.Damaged.Errorf("something follows the object")
	}
	return object, nil
}
