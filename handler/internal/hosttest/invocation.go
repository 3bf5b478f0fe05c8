package hosttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"influxion/handler/internal/guid"
)

const (
	maxAnswer = 16 << 20 // bytes of an answer in the payload mode

	headerJSON = "application/json"
)

// invocation is the handler's input in the payload mode: its values are strings that hold JSON.
type invocation struct {
	Data     map[string]any
	Metadata map[string]any
}

// system is the part of Metadata that every invocation has.
func (h *Host) system(function string) map[string]string {
	return map[string]string{"MethodName": function, "UtcNow": h.config.Now().UTC().Format(time.RFC3339Nano),
		"RandGuid": guid.New()}
}

// invoke calls a function that has no HTTP trigger: POST /<name> with a JSON body. As with the real
// host, a status other than 2xx is a failure, and an answer that is empty or null makes the
// invocation last until functionTimeout.
func (h *Host) invoke(ctx context.Context, function Function, in invocation) error {
	if !h.admit(ctx) {
		return errors.New("the handler does not answer")
	}
	id := guid.New()
	h.say(Information, "Executing 'Functions.%s' (Id=%s)", function.Name, id)
	defer h.watch(function, id)()
	request, err := h.invocationRequest(ctx, function, id, in)
	if err != nil {
		return err
	}
	process := h.worker()
	response, err := h.transport.RoundTrip(request)
	if err != nil {
		h.awaitNext(ctx, process)
		return h.failed(function, id, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return h.failed(function, id, err)
	case response.StatusCode < 200 || response.StatusCode > 299:
		return h.failed(function, id, fmt.Errorf("status %d", response.StatusCode))
	}
	var answer *struct {
		Outputs     map[string]any
		Logs        []string
		ReturnValue any
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer == nil {
		h.say(Error, "Executing 'Functions.%s' (Id=%s): an empty answer hangs", function.Name, id)
		return h.hang(ctx)
	}
	h.say(Information, "Executed 'Functions.%s' (Succeeded, Id=%s)", function.Name, id)
	return nil
}

func (h *Host) invocationRequest(ctx context.Context, function Function, id string,
	in invocation) (*http.Request, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.HandlerURL()+"/"+function.Name,
		bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", headerJSON)
	request.Header.Set(headerInvocation, id)
	request.Header.Set(headerHostVersion, Version)
	addTrace(request.Header)
	return request, nil
}

// dyingTime is how long a process that broke off an answer may take to end.
const dyingTime = time.Second

// awaitNext waits for the next process if the process that broke off an answer is ending, so that
// the next invocation does not reach the same process. It does not wait if the process lives on, or
// if the host has given up.
func (h *Host) awaitNext(ctx context.Context, process *worker) {
	dying := time.NewTimer(dyingTime)
	defer dying.Stop()
	if process != nil {
		select {
		case <-ctx.Done():
			return
		case <-dying.C:
			return // it lives
		case <-process.exited:
		}
	}
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for h.PID() == 0 {
		select {
		case <-ctx.Done():
			return
		case <-h.done:
			return
		case <-ticker.C:
		}
	}
}

func (h *Host) failed(function Function, id string, err error) error {
	h.say(Error, "Executed 'Functions.%s' (Failed, Id=%s): %v", function.Name, id, err)
	return err
}

// hang waits until functionTimeout, because the real host treats an answer without content as no
// answer.
func (h *Host) hang(ctx context.Context) error {
	if h.config.FunctionTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.config.FunctionTimeout)
		defer cancel()
	}
	<-ctx.Done()
	return ctx.Err()
}

// Invoke runs a function with a timer trigger now, as POST /admin/functions/<name> does on the real
// host.
func (h *Host) Invoke(ctx context.Context, name string) error {
	for _, function := range h.settings.functions {
		if function.Name == name && function.timer != nil {
			return h.invoke(ctx, function, h.tick(function))
		}
	}
	return fmt.Errorf("no function %s with a timer trigger", name)
}

// tick returns the input of a function with a timer trigger.
func (h *Host) tick(function Function) invocation {
	return invocation{
		Data: map[string]any{function.timer.binding: map[string]any{
			"Schedule": map[string]any{"AdjustForDST": true}, "ScheduleStatus": nil, "IsPastDue": false}},
		Metadata: map[string]any{"sys": h.system(function.Name)},
	}
}

// tickle runs a function with a timer trigger at the times of its schedule, one run after the
// other.
func (h *Host) tickle(ctx context.Context, function Function) {
	for {
		now := h.config.Now()
		pause := time.NewTimer(function.timer.schedule.next(now).Sub(now))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
			_ = h.invoke(ctx, function, h.tick(function)) // it is in the log
		}
	}
}
