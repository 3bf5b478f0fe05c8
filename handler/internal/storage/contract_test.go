package storage_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"influxion/handler/internal/blobtest"
	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/guid"
	"influxion/handler/internal/storage"
	"influxion/handler/internal/storagetest"
)

var (
	realService = flag.String("service", "",
		"https URL of an account of a real Blob Storage or of Azurite, to hold the contract against, whose "+
			"certificate "+
			"the system or SSL_CERT_FILE trusts; the tests make containers there and delete them")
	realToken = flag.String("token-file", "",
		"file with an access token for that account; without it, tokens that satisfy Azurite's --oauth basic")
	realMaxBlocks = flag.Int("max-blocks", 50_000, "blocks that a blob of that service may have")
)

// maxFill is how many blocks the contract writes to fill a blob.
const maxFill = 1000

func TestContractOfSmallServer(t *testing.T) {
	t.Parallel()
	token := mint(t)(nil)
	contract(t, func(t *testing.T) place {
		blobs := blobtest.New(blobtest.Config{Container: "audit", MaxBlocks: 20,
			Door: storagetest.Door{Authorize: func(got string) error {
				if got != token {
					return errors.New("another token")
				}
				return nil
			}}})
		server := httptest.NewUnstartedServer(blobs)
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that are closed early
		server.StartTLS()
		t.Cleanup(server.Close)
		return place{url: server.URL + "/audit", transport: server.Client().Transport, token: token, maxBlocks: 20,
			remove: func(_ *testing.T, name string) { blobs.Remove(name) }}
	})
}

func TestContractOfRealService(t *testing.T) {
	if *realService == "" {
		t.Skip("no -service URL")
	}
	token := realAccessToken(t)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	contract(t, func(t *testing.T) place {
		p := place{url: strings.TrimRight(*realService, "/") + "/influxion-" + guid.New(), token: token,
			transport: pages{transport}, maxBlocks: *realMaxBlocks}
		p.remove = func(t *testing.T, name string) {
			if _, err := p.raw(t).NewBlobClient(name).Delete(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.raw(t).Create(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := p.raw(t).Delete(context.Background(), nil); err != nil {
				t.Error(err)
			}
		})
		return p
	})
}

// realAccessToken is the token for the real service.
func realAccessToken(t *testing.T) string {
	t.Helper()
	if *realToken == "" {
		return mint(t)(nil)
	}
	text, err := os.ReadFile(*realToken)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// contract is what every blob service must do for Influxion, the small server and real ones alike.
func contract(t *testing.T, start func(t *testing.T) place) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, p place)
	}{
		{"blocks", contractBlocks},
		{"a place for a block is given once", contractPosition},
		{"a name is given once", contractCreate},
		{"lists", contractList},
		{"reading", contractRead},
		{"lengths in lists", contractLengths},
		{"tails", contractTails},
		{"two writers", contractWriters},
		{"tokens that are refused", contractTokens},
		{"a container that is missing", contractMissing},
		{"bodies of tries", contractBodies},
		{"a full blob", contractFull},
		{"a blob that takes nothing more", contractSpoiled},
		{"whatever happens", contractRandom},
		{"templates", contractTemplates},
		{"templates that are not to be had", contractTemplateFaults},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, start(t))
		})
	}
}

func hasCode(t *testing.T, what string, err error, code bloberror.Code) {
	t.Helper()
	if !bloberror.HasCode(err, code) || strings.ContainsAny(fmt.Sprint(err), "\r\n") {
		t.Errorf("%s: got %v, want %s in one line", what, err, code)
	}
}

// Blocks of all sizes that the audit log writes follow one another.
func contractBlocks(t *testing.T, p place) {
	log := storage.NewAppendLog(p.open(t, p.token), clocktest.New(noon).Now)
	var want bytes.Buffer
	for i, size := range []int{1, 200, 64 << 10, 1 << 20, 4<<20 + 1, 2} {
		block := bytes.Repeat([]byte{byte('a' + i)}, size)
		want.Write(block)
		if err := log.Append(t.Context(), block); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
	names := p.names(t)
	if len(names) != 1 || !strings.HasPrefix(names[0], "2026/01/31/20260131T120000Z-") {
		t.Errorf("got %q, want one blob of the day", names)
	}
	if got := p.read(t); got != want.String() {
		t.Errorf("got %d bytes, want the %d that were written", len(got), want.Len())
	}
}

// Of several writers of a block at the same offset, one succeeds.
func contractPosition(t *testing.T, p place) {
	p.make(t, "race.jsonl", "begin\n")
	client := p.raw(t).NewAppendBlobClient("race.jsonl")
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = client.AppendBlock(t.Context(), body("block\n"), &appendblob.AppendBlockOptions{
				AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{
					AppendPosition: to.Ptr(int64(6))}})
		})
	}
	group.Wait()
	written := 0
	for _, err := range errs {
		if err == nil {
			written++
		} else if !bloberror.HasCode(err, bloberror.AppendPositionConditionNotMet) {
			t.Error(err)
		}
	}
	if got := p.read(t, "race.jsonl"); written != 1 || got != "begin\nblock\n" {
		t.Errorf("got %d successes and %q, want one block", written, got)
	}
}

// Creating a blob does not replace an existing one.
func contractCreate(t *testing.T, p place) {
	p.make(t, "mine.jsonl", "text\n")
	_, err := p.raw(t).NewAppendBlobClient("mine.jsonl").Create(t.Context(), once())
	if !bloberror.HasCode(err, bloberror.BlobAlreadyExists) {
		t.Errorf("got %v, want %s", err, bloberror.BlobAlreadyExists)
	}
	if got := p.read(t); got != "text\n" {
		t.Errorf("got %q, want what was there", got)
	}
}

func appendAll(t *testing.T, log *storage.AppendLog, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := log.Append(quick(t), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// Lines of concurrent instances, each with several goroutines, do not mix.
func contractWriters(t *testing.T, p place) {
	const writers, lines = 3, 15
	logs := make([]*storage.AppendLog, writers)
	var group sync.WaitGroup
	for i := range logs {
		logs[i] = storage.NewAppendLog(p.open(t, p.token), clocktest.New(noon).Now)
		for j := range lines {
			group.Go(func() {
				if err := logs[i].Append(t.Context(), fmt.Appendf(nil, "%d-%d\n", i, j)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	names := p.names(t)
	if len(names) != writers {
		t.Fatalf("got %q, want a blob for each writer", names)
	}
	for _, name := range names {
		text := p.read(t, name)
		got := strings.Fields(text)
		writer, _, _ := strings.Cut(text, "-")
		for j := range lines {
			if want := fmt.Sprintf("%s-%d", writer, j); !slices.Contains(got, want) {
				t.Errorf("%s: got no %s", name, want)
			}
		}
		if len(got) != lines {
			t.Errorf("%s: got %q, want %d lines", name, got, lines)
		}
	}
}

// Without a token for this service, nothing can be read or written.
func contractTokens(t *testing.T, p place) {
	p.make(t, "2026/01/31/there.jsonl", "text\n")
	token := mint(t)
	for name, refused := range map[string]string{
		"none":           "",
		"no token":       "unknown",
		"another API":    token(map[string]any{"aud": "https://vault.azure.net"}),
		"another issuer": token(map[string]any{"iss": "https://issuer.example/tenant/"}),
		"expired":        token(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}),
		"not yet valid":  token(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}),
	} {
		opened := p.open(t, refused)
		log := storage.NewAppendLog(opened, clocktest.New(noon).Now)
		_, listed := opened.Names(t.Context(), "")
		_, read := opened.Open(t.Context(), "2026/01/31/there.jsonl")
		_, tails := log.Tails(t.Context())
		for verb, err := range map[string]error{
			"append": log.Append(t.Context(), []byte("a\n")), "list": listed, "read": read, "tails": tails,
		} {
			answer, ok := errors.AsType[*azcore.ResponseError](err)
			if !ok || answer.StatusCode != http.StatusUnauthorized && answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %s: got %v, want a refusal", name, verb, err)
			}
			if refused != "" && strings.Contains(fmt.Sprint(err), refused) {
				t.Errorf("%s, %s: got the token in the error", name, verb)
			}
		}
	}
	if got := p.read(t); got != "text\n" {
		t.Errorf("got %q, want what was there", got)
	}
}

func contractMissing(t *testing.T, p place) {
	p.url += "-missing"
	opened := p.open(t, p.token)
	log := storage.NewAppendLog(opened, clocktest.New(noon).Now)
	for range 2 {
		hasCode(t, "append", log.Append(t.Context(), []byte("a\n")), bloberror.ContainerNotFound)
	}
	_, err := opened.Names(t.Context(), "")
	hasCode(t, "list", err, bloberror.ContainerNotFound)
	_, err = opened.Open(t.Context(), "a")
	hasCode(t, "read", err, bloberror.ContainerNotFound)
	_, err = log.Tails(t.Context())
	hasCode(t, "tails", err, bloberror.ContainerNotFound)
}
