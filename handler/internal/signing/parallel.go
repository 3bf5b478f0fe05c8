package signing

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// callsAtOnce bounds what one request has the source or a key do at the same time: each call can be
// one over a network, and a request must not take a vault's whole rate.
const callsAtOnce = 8

// parallel calls do for each number below n, several at a time. The first error cancels the context
// of the others and is returned. A panic of do reaches the caller: in a goroutine of its own it
// would end the program.
func parallel(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	panics := make([]any, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(callsAtOnce)
	for i := range n {
		group.Go(func() error {
			defer func() { panics[i] = recover() }()
			return do(ctx, i)
		})
	}
	err := group.Wait()
	for _, met := range panics {
		if met != nil {
			panic(met)
		}
	}
	return err
}
