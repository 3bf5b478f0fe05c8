package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Health is the state of a deployment. It needs no token.
type Health struct {
	Status  string            `json:"status"` // ok or unavailable
	Version string            `json:"version"`
	Checks  map[string]string `json:"checks"` // with ready only: each check's ok or unavailable
}

// Health asks whether the deployment runs and, with ready, whether it can do its work. If it
// cannot, Health returns the status unavailable and no error.
func (c *Client) Health(ctx context.Context, ready bool) (*Health, error) {
	if c.baseErr != nil {
		return nil, c.baseErr
	}
	ask := call{method: http.MethodGet, path: "health", accept: mediaJSON, anonymous: true}
	if ready {
		ask.query = url.Values{"ready": {"1"}}
	}
	request, err := c.request(ctx, ask)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("call influxion: %w", err)
	}
	unavailable := response.StatusCode == http.StatusServiceUnavailable &&
		response.Header.Get("Content-Type") == mediaJSON
	if response.StatusCode != http.StatusOK && !unavailable {
		return nil, readProblem(response)
	}
	defer response.Body.Close()
	body, err := readBounded(response.Body, maxProblem)
	if err != nil {
		return nil, err
	}
	health := &Health{}
	if err := json.Unmarshal(body, health); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if health.Status == "" {
		return nil, errors.New("got an answer that is not the health of influxion")
	}
	return health, nil
}
