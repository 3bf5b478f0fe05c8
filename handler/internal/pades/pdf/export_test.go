package pdf

import (
	"context"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// Parse reads the object at the start of data.
func Parse(data []byte, limits Limits) (Object, error) {
	limits = limits.WithDefaults()
	ctx := context.Background()
	spending := bounds.NewAccount(ctx, bounds.NewMemory(ctx, int64(len(data))), limits)
	p := syntax.NewParser(&spending, nil, 0, &limits, syntax.Parts{})
	object, _, err := p.Member(data, 0)
	return object, err
}
