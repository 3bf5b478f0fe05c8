package verify

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"io"
	"net/http"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/trusttest"
)

// The checks of timestamp tokens are charged like those of signatures.
func TestTimestampChecksAreBounded(t *testing.T) {
	t.Parallel()
	services, err := trusttest.New(trusttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { services.Close() })
	imprint := sha256.Sum256([]byte("signature"))
	request := cms.TimestampRequest{Hash: crypto.SHA256, Imprint: imprint[:]}
	query, err := request.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(services.TSAURL(), "application/timestamp-query", bytes.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	token, err := request.ParseResponse(answer)
	if err != nil {
		t.Fatal(err)
	}
	for spent, refused := range map[int]bool{0: false, chain.MaxEffort: true} {
		e, s := &examination{chain: chain.NewValidator(pades.Trust{}, false, nil)}, &timestampToken{token: token}
		charge(e.chain, spent)
		if err := e.checkToken(t.Context(), s, imprint[:]); err != nil || (s.err != nil) != refused {
			t.Errorf("after %d: got %v %v, want it refused: %v", spent, s.err, err, refused)
		}
	}
}
