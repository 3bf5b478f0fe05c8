package pades

import "context"

// Room asks for memory: so many bytes more for what a document makes us hold beside itself, until the request ends. An error ends the work.
type Room func(ctx context.Context, more int64) error

type roomKey struct{}

// WithRoom gives a context under which Sign, Extend and Verify ask for room before they keep more validation data: a small document can
// inflate to much of it, or name authorities that say much. It goes with the context because it is the request's, as its deadline is.
func WithRoom(ctx context.Context, room Room) context.Context {
	return context.WithValue(ctx, roomKey{}, room)
}

// AskRoom asks the room of the context, if there is one.
func AskRoom(ctx context.Context, more int) error {
	if room, ok := ctx.Value(roomKey{}).(Room); ok && more > 0 {
		return room(ctx, int64(more))
	}
	return nil
}
