package rate

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
)

// Usage is what is left to a caller at one time.
type Usage struct {
	limits Limits
	left   Limits
	reset  time.Duration // until the full limits apply again; above 0
}

func (l *Limiter) usage(u *used, now time.Time) Usage {
	return Usage{l.limits, Limits{max(0, l.limits.Requests-u.requests), max(0, l.limits.Bytes-u.bytes)},
		u.since.Add(window).Sub(now)}
}

// Set writes the header fields RateLimit-Policy and RateLimit (sections 3 and 4 of the draft), with
// an item for each limit. The zero Usage writes nothing.
func (u Usage) Set(header http.Header) {
	var policy, left []string
	add := func(name, unit string, limit, rest int64) {
		if limit == 0 {
			return
		}
		policy = append(policy, fmt.Sprintf(`"%s";q=%d%s;w=%d`, name, limit, unit, int(window.Seconds())))
		left = append(left, fmt.Sprintf(`"%s";r=%d;t=%d`, name, rest, int(math.Ceil(u.reset.Seconds()))))
	}
	add("requests", "", u.limits.Requests, u.left.Requests)
	add("bytes", `;qu="content-bytes"`, u.limits.Bytes, u.left.Bytes)
	if len(policy) > 0 {
		header.Set("RateLimit-Policy", strings.Join(policy, ", "))
		header.Set("RateLimit", strings.Join(left, ", "))
	}
}
