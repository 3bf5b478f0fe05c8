package storage_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"influxion/handler/internal/storage"
)

// place is an empty container of some service.
type place struct {
	url       string
	transport http.RoundTripper
	token     string // that may read and write
	maxBlocks int    // of a blob
	remove    func(t *testing.T, name string)
}

// open gives the container as the handler uses it.
func (p place) open(t *testing.T, token string) *storage.Container {
	t.Helper()
	opened, err := storage.NewContainer(
		storage.Config{URL: p.url, Credential: credential{token}, Transport: p.transport})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// raw gives the container as another holder of the role uses it.
func (p place) raw(t *testing.T) *container.Client {
	t.Helper()
	client, err := container.NewClient(p.url, credential{p.token}, &container.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: &http.Client{Transport: p.transport}}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// make writes a blob as another client would, with one block for each text.
func (p place) make(t *testing.T, name string, texts ...string) {
	t.Helper()
	client := p.raw(t).NewAppendBlobClient(name)
	if _, err := client.Create(t.Context(), once()); err != nil {
		t.Fatal(err)
	}
	p.append(t, name, texts...)
}

// append appends a block for each text to a blob, as another client would.
func (p place) append(t *testing.T, name string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := p.raw(t).NewAppendBlobClient(name).AppendBlock(t.Context(), body(text), nil); err != nil {
			t.Fatal(err)
		}
	}
}

// once are options that let a blob be created only if there is none.
func once() *appendblob.CreateOptions {
	return &appendblob.CreateOptions{AccessConditions: &blob.AccessConditions{
		ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}}}
}

// read gives the contents of the named blobs; without names, of all blobs in the order of their
// names.
func (p place) read(t *testing.T, names ...string) string {
	t.Helper()
	opened := p.open(t, p.token)
	if len(names) == 0 {
		names = p.names(t)
	}
	var all strings.Builder
	for _, name := range names {
		content, err := opened.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(&all, content)
		content.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func (p place) names(t *testing.T) []string { return p.namesOf(t, "") }

func (p place) namesOf(t *testing.T, prefix string) []string {
	t.Helper()
	names, err := p.open(t, p.token).Names(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

type textBody struct{ *strings.Reader }

func (textBody) Close() error { return nil }

func body(text string) io.ReadSeekCloser { return textBody{strings.NewReader(text)} }

// pages asks for short pages, so that a list has several.
type pages struct{ base http.RoundTripper }

// RoundTrip is http.RoundTripper.
func (p pages) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Query().Get("comp") == "list" {
		request = request.Clone(request.Context())
		request.URL.RawQuery += "&maxresults=3"
	}
	return p.base.RoundTrip(request)
}

// mint makes access tokens like those of Entra ID for storage. change alters their claims.
func mint(t testing.TB) func(change map[string]any) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return func(change map[string]any) string {
		now := time.Now()
		claims := map[string]any{
			"iss": "https://sts.windows.net/11111111-1111-1111-1111-111111111111/", "aud": "https://storage.azure.com",
			"iat": now.Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
		}
		for name, value := range change {
			claims[name] = value
		}
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." +
			base64.RawURLEncoding.EncodeToString(text)
		digest := sha256.Sum256([]byte(signed))
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
}
