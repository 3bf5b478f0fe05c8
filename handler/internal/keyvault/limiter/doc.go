// Package limiter keeps calls to one vault within what the vault bears: so many at once, a rest for
// a key that the vault throttles, and a line of bounded length for those who wait. It never lets a
// key that is slow or throttled hold up the others, and it knows nothing of what is called.
//
// Read limiter.go first, then lane.go, which has the rests.
package limiter
