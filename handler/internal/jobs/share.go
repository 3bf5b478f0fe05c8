package jobs

import (
	"fmt"
	"strings"

	"influxion/handler/internal/signing"
)

// holding is what the jobs of one caller, or of all callers, take of a Memory.
type holding struct {
	jobs  int
	bytes int64
}

// add counts jobs and bytes that come, or go if negative.
func (h *holding) add(jobs int, bytes int64) { h.jobs, h.bytes = h.jobs+jobs, h.bytes+bytes }

// ledger counts what a Memory holds. One caller gets at most half of what the others leave, so that
// one caller cannot fill the Memory, however many requests it sends. The caller of a method must
// have locked the Memory.
type ledger struct {
	limits  MemoryLimits
	all     holding
	callers map[string]*holding // by callerKey
}

// callerKey identifies who creates a job, as Job.IsCreator compares it.
func callerKey(principal signing.Principal) string {
	return strings.ToLower(fmt.Sprintf("%q %q", principal.TenantID, principal.ObjectID))
}

// take counts jobs and bytes of a caller before they are allocated. Its error is ErrFull or
// ErrShare. A caller without other jobs may have one job of any size; otherwise a large document
// could never be taken.
func (l *ledger) take(caller string, jobs int, bytes int64) error {
	if l.all.jobs+jobs > l.limits.Jobs || bytes > l.limits.Bytes-l.all.bytes {
		return ErrFull
	}
	own := l.callers[caller]
	if own == nil {
		own = &holding{}
	}
	others := holding{l.all.jobs - own.jobs, l.all.bytes - own.bytes}
	if own.jobs+jobs > 1 && (own.jobs+jobs > (l.limits.Jobs-others.jobs+1)/2 ||
		own.bytes+bytes > (l.limits.Bytes-others.bytes)/2) {
		return ErrShare
	}
	l.callers[caller] = own
	l.give(caller, -jobs, -bytes)
	return nil
}

// give counts jobs and bytes of a caller as free again.
func (l *ledger) give(caller string, jobs int, bytes int64) {
	l.all.add(-jobs, -bytes)
	own := l.callers[caller]
	if own.add(-jobs, -bytes); own.jobs == 0 {
		delete(l.callers, caller)
	}
}
