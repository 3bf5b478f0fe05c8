package client

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"time"
)

// Problem is an answer that reports an error: RFC 9457. Programs should look at Code, which is
// empty in answers of a proxy or platform before Influxion.
type Problem struct {
	Type       string        `json:"type"`
	Title      string        `json:"title"`
	Status     int           `json:"status"`
	Detail     string        `json:"detail"`
	Code       string        `json:"code"`
	Instance   string        `json:"instance"` // the invocation ID, by which the deployment's log has the cause
	RetryAfter time.Duration `json:"-"`        // 0 = not stated
}

var plainCode = regexp.MustCompile(`^[a-z0-9_]+$`)

// Error names the status, code, detail and instance.
func (p *Problem) Error() string {
	text := fmt.Sprintf("influxion answers %d", p.Status)
	// Quoted, so that the sender of the answer cannot control a terminal.
	switch {
	case plainCode.MatchString(p.Code):
		text += " " + p.Code
	case p.Code != "":
		text += fmt.Sprintf(" %q", p.Code)
	}
	if p.Detail != "" {
		text += fmt.Sprintf(": %q", p.Detail)
	}
	if p.Instance != "" {
		text += fmt.Sprintf(" (%q)", p.Instance)
	}
	return text
}

// Temporary reports whether the same call may succeed later. The refused call had no effect.
func (p *Problem) Temporary() bool {
	return p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests
}

// SignInError reports that the credential gave no access token. Nothing was sent to Influxion.
type SignInError struct{ Err error }

// Error returns the credential's own text, which can have several lines.
func (e *SignInError) Error() string { return "get access token: " + e.Err.Error() }

// Unwrap returns the credential's error.
func (e *SignInError) Unwrap() error { return e.Err }

// readProblem turns any answer into a Problem and closes the answer's body.
func readProblem(response *http.Response) *Problem {
	defer response.Body.Close()
	problem := &Problem{}
	media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case err != nil:
	case media == mediaProblem:
		if body, err := readBounded(response.Body, maxProblem); err != nil || json.Unmarshal(body, problem) != nil {
			problem = &Problem{}
		}
	case media == mediaJSON: // the form of the Cloud Signature Consortium
		var found struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		if body, err := readBounded(response.Body, maxProblem); err == nil && json.Unmarshal(body, &found) == nil {
			problem.Code, problem.Detail = found.Error, found.Description
			problem.Instance = response.Header.Get("Influxion-Invocation-Id")
		}
	}
	problem.Status = response.StatusCode // the status of the answer counts, not the member status in its body
	if problem.Title == "" {
		problem.Title = http.StatusText(response.StatusCode)
	}
	problem.RetryAfter = retryAfter(response.Header)
	return problem
}
