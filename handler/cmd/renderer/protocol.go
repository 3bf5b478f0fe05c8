package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// connection speaks the Chrome DevTools Protocol over a pair of pipes (--remote-debugging-pipe):
// JSON messages, each followed by a zero byte. Only one goroutine may use it. It handles events
// while it waits for an answer.
type connection struct {
	in      *bufio.Reader
	out     *os.File
	session string // of the page; "" = that of the browser
	last    int64  // ID of a message
	// on receives each event. It may use send, but must not use call.
	on func(method string, parameters json.RawMessage) error
}

// message is a message in either direction.
type message struct {
	ID         int64           `json:"id,omitempty"`
	Method     string          `json:"method,omitempty"`
	Session    string          `json:"sessionId,omitempty"`
	Parameters json.RawMessage `json:"params,omitempty"`
	Result     json.RawMessage `json:"result,omitempty"`
	Error      *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// connect makes a connection over two pipes. When ctx ends, reading and writing end with an error.
func connect(ctx context.Context, in, out *os.File) (c *connection, stop func() bool) {
	stop = context.AfterFunc(ctx, func() {
		_ = in.SetDeadline(time.Unix(0, 0))
		_ = out.SetDeadline(time.Unix(0, 0))
	})
	return &connection{in: bufio.NewReaderSize(in, 64<<10), out: out}, stop
}

// send sends a command and does not wait for the answer.
func (c *connection) send(method string, parameters any) error {
	encoded, err := json.Marshal(parameters)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	c.last++
	text, err := json.Marshal(message{ID: c.last, Method: method, Session: c.session, Parameters: encoded})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if _, err := c.out.Write(append(text, 0)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// call sends a command and waits for its answer. If result is nil, the answer's result is not
// decoded.
func (c *connection) call(method string, parameters, result any) error {
	if err := c.send(method, parameters); err != nil {
		return err
	}
	for id := c.last; ; {
		m, err := c.next()
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", method, err)
		case m.ID != id:
			continue
		case m.Error != nil:
			return fmt.Errorf("%s: %.200q", method, m.Error.Message)
		case result == nil:
			return nil
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		return nil
	}
}

// wait handles events until a condition holds.
func (c *connection) wait(holds func() bool) error {
	for !holds() {
		if _, err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// next reads a message, and passes on an event.
func (c *connection) next() (*message, error) {
	text, err := c.line()
	if err != nil {
		return nil, err
	}
	m := &message{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	if m.ID == 0 && c.on != nil && m.Session == c.session {
		return m, c.on(m.Method, m.Parameters)
	}
	return m, nil
}

var errLongMessage = errors.New("the browser sends a message that is too long")

// line reads up to a zero byte.
func (c *connection) line() ([]byte, error) {
	var text []byte
	for {
		piece, err := c.in.ReadSlice(0)
		if len(text)+len(piece) > maxMessage {
			return nil, errLongMessage
		}
		text = append(text, piece...)
		if err == nil {
			return text[:len(text)-1], nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}
