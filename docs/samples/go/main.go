// Command go has a PDF signed by Influxion: go run ./docs/samples/go IN.pdf OUT.pdf [LEVEL]
//
// Settings, from the environment: INFLUXION_CLIENT_URL, _SCOPE, _TENANT_ID, _ID, and for a program
// without a user _SECRET. Without a secret a person signs in, by device code.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/client"
)

func main() {
	if n := len(os.Args) - 1; n != 2 && n != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run ./docs/samples/go IN.pdf OUT.pdf [LEVEL]")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// newCredential makes the program's own credential, or that of whoever signs in. It caches tokens
// and renews them.
func newCredential() (azcore.TokenCredential, error) {
	tenant, id := os.Getenv("INFLUXION_CLIENT_TENANT_ID"), os.Getenv("INFLUXION_CLIENT_ID")
	if secret := os.Getenv("INFLUXION_CLIENT_SECRET"); secret != "" {
		return azidentity.NewClientSecretCredential(tenant, id, secret, nil)
	}
	return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		TenantID: tenant, ClientID: id, UserPrompt: func(_ context.Context, flow azidentity.DeviceCodeMessage) error {
			fmt.Fprintln(os.Stderr, flow.Message)
			return nil
		},
	})
}

func run(ctx context.Context, arguments []string) error {
	arguments = append(arguments, "")
	document, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	credential, err := newCredential()
	if err != nil {
		return err
	}
	api := client.New(os.Getenv("INFLUXION_CLIENT_URL"), credential, os.Getenv("INFLUXION_CLIENT_SCOPE"))
	options := client.Options{Reason: "Approved", Level: arguments[2]}
	signed, err := api.Sign(ctx, bytes.NewReader(document), options) // waits for Retry-After, twice at most
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		return fmt.Errorf("%d %s: %s (%s)", problem.Status, problem.Code, problem.Detail, problem.Instance)
	}
	if err != nil {
		return err
	}
	defer signed.Body.Close()
	body, err := io.ReadAll(signed.Body)
	if err != nil {
		return err
	}
	if digest := sha256.Sum256(body); !bytes.Equal(signed.SHA256, digest[:]) || !bytes.HasPrefix(body, document) {
		return errors.New("what arrived is not the signed document")
	}
	part := arguments[1] + ".part"
	if err := errors.Join(os.WriteFile(part, body, 0o644), os.Rename(part, arguments[1])); err != nil {
		return err
	}
	fmt.Println("signed by", signed.Certificate, "at level", signed.Level, signed.Shortfall)

	report, err := api.Verify(ctx, bytes.NewReader(body))
	if err != nil {
		return err
	}
	fmt.Println("verified:", report.Summary.Passed, "of", report.Summary.Total, "signatures and timestamps passed")
	return nil
}
