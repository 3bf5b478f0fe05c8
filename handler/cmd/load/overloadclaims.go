package main

import "time"

const (
	mostHealth  = 250 * time.Millisecond
	mostSlow    = 13 * time.Second // 2 s until there is memory, 10 s without a byte, and 1 s of delay
	mostUnasked = 8 << 20          // what the buffers of a connection take before the handler reads
	mostMemory  = container << 20
	leastServed = 10 // documents
)

// claim compares the measurements with what must hold.
func (o *overload) claim(c *claims, peak int64) {
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	healthy, sick := o.health.Answers()
	_, failed := o.sent.Answers()
	unknown, _ := o.unknown.Answers()
	slow, uncut := o.slow.Answers()
	others, lost := o.other.Answers()
	c.atMost("health, the slowest answer", milliseconds(o.health.Within(100)), "ms", milliseconds(mostHealth))
	c.atMost("health, answers other than 200", float64(healthy+sick-o.health.Count("200")), "", 0)
	c.atLeast("health, answers", float64(healthy), "", 100)
	c.atMost("peak memory", float64(peak)/(1<<20), "MiB", mostMemory/(1<<20))
	c.atLeast("documents signed", float64(o.sent.Count("200")), "", leastServed)
	c.atMost("requests without an answer", float64(failed+uncut+lost), "", 0)
	c.atMost("refusals without a Retry-After", float64(o.untold.Load()), "", 0)
	c.atLeast("refusals for memory", float64(o.sent.Count("503 busy")), "", 1)
	c.atMost("another caller: answers other than 200", float64(others-o.other.Count("200")), "", 0)
	c.atLeast("another caller: documents signed", float64(o.other.Count("200")), "", leastServed)
	c.atMost("without a token: other answers than 401", float64(unknown-o.unknown.Count("401 token_missing")), "", 0)
	c.atMost("without a token: bytes that were taken", float64(o.unasked.Load())/(1<<20), "MiB", mostUnasked/(1<<20))
	c.atMost("who stops sending is answered within", o.slow.Within(100).Seconds(), "s", mostSlow.Seconds())
	c.atLeast("who stops sending: cut", float64(o.slow.Count("504 deadline_exceeded")), "", 1)
	c.atMost("who stops sending: other answers", float64(slow-o.slow.Count("504 deadline_exceeded")-
		o.slow.Count("503 busy")), "", 0)
}
