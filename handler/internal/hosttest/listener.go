package hosttest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"sync"
	"time"
)

// queueListener takes messages from one queue and runs the function for each.
type queueListener struct {
	host     *Host
	client   *queueClient
	function Function
	options  queueOptions
}

const (
	minPolling = 100 * time.Millisecond
	// leaseTime is how long a message is invisible to other hosts while its function runs. The host
	// renews it after half that time. If the host dies, another host gets the message after the
	// lease.
	leaseTime = 10 * time.Minute
)

// run takes messages until ctx ends. While the queue is empty it waits longer and longer.
func (l *queueListener) run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	ended, active, pause := make(chan struct{}, l.options.batchSize+l.options.newBatchThreshold), 0, minPolling
	for ctx.Err() == nil {
		messages, err := l.client.take(ctx, l.function.queue.queue, l.options.batchSize, l.host.config.lease())
		if err != nil && ctx.Err() == nil {
			l.host.say(Error, "The listener for function 'Functions.%s' failed: %v", l.function.Name, err)
		}
		for i := range messages {
			active++
			running.Go(func() {
				l.handle(ctx, &messages[i])
				ended <- struct{}{}
			})
		}
		if pause = min(2*pause, l.options.maxPolling); len(messages) > 0 {
			pause = minPolling
		}
		for active > l.options.newBatchThreshold || len(messages) == 0 {
			var idle <-chan time.Time
			if active <= l.options.newBatchThreshold {
				idle = time.After(pause)
			}
			select {
			case <-ctx.Done():
				return
			case <-ended:
				active--
				continue
			case <-idle:
			}
			break
		}
	}
}

// handle runs the function for a message. Then it removes the message, makes it visible again, or
// moves it to the poison queue.
func (l *queueListener) handle(ctx context.Context, m *queueMessage) {
	renewing, stop := context.WithCancel(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		l.renew(renewing, m)
	}()
	err := l.host.invoke(ctx, l.function, l.message(m))
	stop()
	<-renewed
	queue := l.function.queue.queue
	switch {
	case ctx.Err() != nil:
		return // the message comes back when its time is over
	case err == nil:
		err = l.client.remove(ctx, queue, m)
	case m.DequeueCount >= l.options.maxDequeueCount:
		l.host.say(Error, "Message has reached MaxDequeueCount of %d. Moving message to queue '%s-poison'.",
			l.options.maxDequeueCount, queue)
		if err = l.client.put(ctx, queue+"-poison", m.Text); err == nil {
			err = l.client.remove(ctx, queue, m)
		}
	default:
		err = l.client.hide(ctx, queue, m, l.options.visibility)
	}
	if err != nil && ctx.Err() == nil {
		l.host.say(Warning, "The message of function 'Functions.%s': %v", l.function.Name, err)
	}
}

// renew keeps a message invisible to others while its function runs.
func (l *queueListener) renew(ctx context.Context, m *queueMessage) {
	ticker := time.NewTicker(l.host.config.lease() / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := l.client.hide(ctx, l.function.queue.queue, m, l.host.config.lease()); err != nil {
				return
			}
		}
	}
}

// lease is how long a message is invisible to other hosts.
func (c *Config) lease() time.Duration {
	if c.MessageLease > 0 {
		return c.MessageLease
	}
	return leaseTime
}

// message returns the input of a function with a queue trigger. Its strings hold JSON. If the
// message is a JSON object, its fields are also part of the metadata.
func (l *queueListener) message(m *queueMessage) invocation {
	metadata := map[string]any{"DequeueCount": strconv.Itoa(m.DequeueCount), "Id": quoted(m.ID),
		"PopReceipt": quoted(m.PopReceipt), "InsertionTime": quoted(m.InsertionTime),
		"ExpirationTime": quoted(m.ExpirationTime), "NextVisibleTime": quoted(m.TimeNextVisible),
		"QueueTrigger": quoted(m.Text), "sys": l.host.system(l.function.Name)}
	var fields map[string]any
	if json.Unmarshal([]byte(m.Text), &fields) == nil {
		for name, value := range fields {
			if text, ok := value.(string); ok {
				metadata[name] = quoted(text)
			}
		}
	}
	return invocation{Data: map[string]any{l.function.queue.binding: quoted(l.text(m))}, Metadata: metadata}
}

// text decodes a message as host.json says.
func (l *queueListener) text(m *queueMessage) string {
	if l.options.plain {
		return m.Text
	}
	return decoded(m.Text)
}

// decoded decodes a text in base64, and returns any other text unchanged.
func decoded(text string) string {
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return text
	}
	return string(plain)
}

// quoted returns a text as JSON.
func quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic("internal error: a text that is not JSON")
	}
	return string(encoded)
}
