package cloudtest

import (
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

// Emulator is an Azurite that is running: Microsoft's own emulator of Azure Storage, over TLS and
// with --oauth basic. The cloud stands before it under its own names, checks tokens as it does for
// its own storage, and hands requests on.
type Emulator struct {
	Blobs, Queues string         // addresses, such as https://127.0.0.1:10000/devstoreaccount1
	Roots         *x509.CertPool // of its certificate
}

// emulatorTime bounds the making of containers and queues.
const emulatorTime = 30 * time.Second

// client asks the emulator directly: no proxy of the machine has a part in it.
func (e *Emulator) client() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: e.Roots, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 64, DisableCompression: true}
}

// token is an access token as Azurite wants it: it reads the claims and checks no signature.
func (e *Emulator) token() (string, error) {
	now := time.Now()
	claims, err := json.Marshal(map[string]any{
		"iss": "https://sts.windows.net/local/", "aud": "https://storage.azure.com",
		"iat": now.Add(-time.Minute).Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims) + "." + encode([]byte("unchecked")), err
}

// front hands the requests of holders of the right to a service of the emulator.
func (e *Emulator) front(address string, authorize func(token string) error) (http.Handler, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of the emulator: %w", err)
	}
	// Who asks may go away before the answer: nothing to log.
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

// create makes the containers and queues that are not there yet.
func (e *Emulator) create(containers, queues []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), emulatorTime)
	defer cancel()
	for _, name := range containers {
		if err := e.send(ctx, http.MethodPut, e.Blobs+"/"+name+"?restype=container", http.NoBody); err != nil {
			return fmt.Errorf("make container %s: %w", name, err)
		}
	}
	for _, name := range queues {
		if err := e.send(ctx, http.MethodPut, e.Queues+"/"+name, http.NoBody); err != nil {
			return fmt.Errorf("make queue %s: %w", name, err)
		}
	}
	return nil
}

// send calls the emulator. That something is there already is no error.
func (e *Emulator) send(ctx context.Context, method, address string, body io.Reader) error {
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	token, err := e.token()
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Ms-Version", "2024-11-04")
	response, err := (&http.Client{Transport: e.client()}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 && response.StatusCode != http.StatusConflict {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		return fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	return nil
}

// storage gives what serves blobs and queues: the cloud's own, or the emulator.
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

// PutMessage puts a message into a queue of the emulator.
func (c *Cloud) PutMessage(ctx context.Context, queue, text string) error {
	e := c.config.Emulator
	body := strings.NewReader("<QueueMessage><MessageText>" + text + "</MessageText></QueueMessage>")
	return e.send(ctx, http.MethodPost, e.Queues+"/"+queue+"/messages", body)
}
