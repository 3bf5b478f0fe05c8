package cloudtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// Emulator is a running Azurite: Microsoft's own emulator of Azure Storage, over TLS and with
// --oauth basic. The cloud serves it under the cloud's own names, checks tokens as for its own
// storage, and forwards the requests.
type Emulator struct {
	Blobs, Queues string         // addresses, such as https://127.0.0.1:10000/devstoreaccount1
	Roots         *x509.CertPool // of its certificate
}

// emulatorTime bounds the creation of containers and queues.
const emulatorTime = 30 * time.Second

// client returns a transport that calls the emulator directly, without a proxy.
func (e *Emulator) client() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: e.Roots, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 64, DisableCompression: true}
}

// token returns an access token in a form that Azurite accepts: Azurite reads the claims and does
// not check the signature.
func (e *Emulator) token() (string, error) {
	now := time.Now()
	claims, err := json.Marshal(map[string]any{
		"iss": "https://sts.windows.net/local/", "aud": "https://storage.azure.com",
		"iat": now.Add(-time.Minute).Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims) + "." + encode([]byte("unchecked")), err
}

// front forwards requests to a service of the emulator if their tokens carry the right.
func (e *Emulator) front(address string, authorize func(token string) error) (http.Handler, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of the emulator: %w", err)
	}
	// The caller may leave before the answer, which is not worth a log line.
	proxy := &httputil.ReverseProxy{Transport: e.client(), ErrorLog: log.New(io.Discard, "", 0)}
	proxy.Rewrite = func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if token, err := e.token(); err == nil {
			r.Out.Header.Set("Authorization", "Bearer "+token)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if err := authorize(token); err != nil {
			w.Header().Set("X-Ms-Error-Code", "AuthorizationPermissionMismatch")
			http.Error(w, "the caller has no right here", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}), nil
}

// create makes the missing containers and queues.
func (e *Emulator) create(containers, queues []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), emulatorTime)
	defer cancel()
	for _, name := range containers {
		if _, err := e.send(ctx, http.MethodPut, e.Blobs+"/"+name+"?restype=container", nil, nil); err != nil {
			return fmt.Errorf("make container %s: %w", name, err)
		}
	}
	for _, name := range queues {
		if _, err := e.send(ctx, http.MethodPut, e.Queues+"/"+name, nil, nil); err != nil {
			return fmt.Errorf("make queue %s: %w", name, err)
		}
	}
	return nil
}

// send calls the emulator, with additional header fields, and returns its answer. It is no error if
// the object exists already.
func (e *Emulator) send(ctx context.Context, method, address string, header map[string]string, body []byte) (
	[]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	token, err := e.token()
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Ms-Version", "2024-11-04")
	transport := e.client()
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 && response.StatusCode != http.StatusConflict {
		err = fmt.Errorf("status %d: %.500s", response.StatusCode, text)
	}
	return text, err
}

// storage returns the handlers of blobs and queues: the cloud's own, or the emulator's.
func (c *Cloud) storage() (blobs, queues http.Handler, err error) {
	blobs, queues = c.Blobs, c.Queue
	if e := c.config.Emulator; e != nil {
		if err := e.create(append([]string{auditContainer}, otherContainers...), queueNames); err != nil {
			return nil, nil, err
		}
		if blobs, err = e.front(e.Blobs, c.authorizeStorage); err != nil {
			return nil, nil, err
		}
		if queues, err = e.front(e.Queues, c.authorizeStorage); err != nil {
			return nil, nil, err
		}
	}
	if disturb := c.config.Disturb; disturb != nil {
		blobs, queues = disturb(blobs), disturb(queues)
	}
	return blobs, queues, nil
}

// PutMessage puts a message into a queue, as somebody else with the role could.
func (c *Cloud) PutMessage(ctx context.Context, queue, text string) error {
	e := c.config.Emulator
	if e == nil {
		c.Queue.Put(queue, text)
		return nil
	}
	body := []byte("<QueueMessage><MessageText>" + text + "</MessageText></QueueMessage>")
	_, err := e.send(ctx, http.MethodPost, e.Queues+"/"+queue+"/messages", nil, body)
	return err
}

// PutBlob makes or replaces a blob, as somebody else with the role could. The blob's name must need
// no escapes.
func (c *Cloud) PutBlob(ctx context.Context, container, name string, content []byte) error {
	e := c.config.Emulator
	if e == nil {
		c.Blobs.Upload(container, name, content)
		return nil
	}
	_, err := e.send(ctx, http.MethodPut, e.Blobs+"/"+container+"/"+name, map[string]string{
		"X-Ms-Blob-Type": "BlockBlob"}, content)
	return err
}

// Blob returns the content of a blob.
func (c *Cloud) Blob(ctx context.Context, container, name string) ([]byte, error) {
	e := c.config.Emulator
	if e == nil {
		content, ok := c.Blobs.ContentOf(container)[name]
		if !ok {
			return nil, fmt.Errorf("%s has no blob %s", container, name)
		}
		return content, nil
	}
	return e.send(ctx, http.MethodGet, e.Blobs+"/"+container+"/"+name, nil, nil)
}
