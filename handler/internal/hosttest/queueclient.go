package hosttest

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// storageVersion is the version of the Queue Storage REST API.
const storageVersion = "2024-11-04"

// queueClient speaks the REST API of Queue Storage, with tokens of the managed identity.
type queueClient struct {
	http     *http.Client
	base     string // of the account
	identity identity

	mu      sync.Mutex
	token   string
	expires time.Time
}

// identity is the endpoint where a managed identity gets its tokens: App Service's endpoint,
// version 2019-08-01.
type identity struct{ endpoint, header string }

// queueMessage is a message taken from a queue.
type queueMessage struct {
	ID              string `xml:"MessageId"`
	InsertionTime   string
	ExpirationTime  string
	PopReceipt      string
	TimeNextVisible string
	DequeueCount    int
	Text            string `xml:"MessageText"`
}

var errMessageGone = errors.New("another host has the message now")

// take takes messages, and makes them invisible for a time.
func (c *queueClient) take(ctx context.Context, queue string, count int, hidden time.Duration) ([]queueMessage, error) {
	query := url.Values{"numofmessages": {strconv.Itoa(count)}, "visibilitytimeout": {seconds(hidden)}}
	text, _, err := c.call(ctx, http.MethodGet, queue+"/messages?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Messages []queueMessage `xml:"QueueMessage"`
	}
	if err := xml.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	return list.Messages, nil
}

// hide sets the time when a message becomes visible again, and stores the message's new receipt.
func (c *queueClient) hide(ctx context.Context, queue string, m *queueMessage, hidden time.Duration) error {
	query := url.Values{"popreceipt": {m.PopReceipt}, "visibilitytimeout": {seconds(hidden)}}
	_, header, err := c.call(ctx, http.MethodPut, queue+"/messages/"+m.ID+"?"+query.Encode(), nil)
	if err == nil {
		m.PopReceipt = header.Get("X-Ms-Popreceipt")
	}
	return err
}

// remove deletes a message.
func (c *queueClient) remove(ctx context.Context, queue string, m *queueMessage) error {
	query := url.Values{"popreceipt": {m.PopReceipt}}
	_, _, err := c.call(ctx, http.MethodDelete, queue+"/messages/"+m.ID+"?"+query.Encode(), nil)
	return err
}

// put adds a message to a queue, and creates the queue if it does not exist.
func (c *queueClient) put(ctx context.Context, queue, text string) error {
	body, err := xml.Marshal(struct {
		XMLName     xml.Name `xml:"QueueMessage"`
		MessageText string
	}{MessageText: text})
	if err != nil {
		return err
	}
	if _, _, err := c.call(ctx, http.MethodPut, queue, nil); err != nil {
		return err
	}
	_, _, err = c.call(ctx, http.MethodPost, queue+"/messages", body)
	return err
}

func seconds(t time.Duration) string { return strconv.Itoa(int(t / time.Second)) }

// call sends one request and never repeats it.
func (c *queueClient) call(ctx context.Context, method, path string, body []byte) ([]byte, http.Header, error) {
	token, err := c.accessToken(ctx)
	if err != nil {
		return nil, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+"/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Ms-Version", storageVersion)
	request.Header.Set("X-Ms-Date", time.Now().UTC().Format(http.TimeFormat))
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, err
	}
	switch code := response.Header.Get("X-Ms-Error-Code"); {
	case response.StatusCode < 300:
		return text, response.Header, nil
	case code == "MessageNotFound" || code == "PopReceiptMismatch":
		return nil, nil, errMessageGone
	default:
		return nil, nil, fmt.Errorf("queue storage answers %d %s", response.StatusCode, code)
	}
}

// accessToken returns the identity's token for storage.
func (c *queueClient) accessToken(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && time.Now().Before(c.expires) {
		return c.token, nil
	}
	query := url.Values{"api-version": {"2019-08-01"}, "resource": {"https://storage.azure.com"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.identity.endpoint+"?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("X-Identity-Header", c.identity.header)
	response, err := c.http.Do(request)
	if err != nil {
		return "", fmt.Errorf("managed identity: %w", err)
	}
	defer response.Body.Close()
	var answer struct {
		Token   string `json:"access_token"`
		Expires string `json:"expires_on"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("managed identity answers %d and no token", response.StatusCode)
	}
	epoch, err := strconv.ParseInt(strings.TrimSpace(answer.Expires), 10, 64)
	if err != nil {
		return "", errors.New("managed identity answers a token without an end")
	}
	c.token, c.expires = answer.Token, time.Unix(epoch, 0).Add(-time.Minute)
	return c.token, nil
}
