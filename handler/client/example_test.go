package client_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"influxion/handler/client"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// The deployment of the examples: its address, a credential that it accepts, and a folder with the
// document contract.pdf. A real program uses a credential of azidentity, for example from
// azidentity.NewDefaultAzureCredential.
var (
	address string
	caller  azcore.TokenCredential = credential{goodToken}
	folder  string
)

// deployment serves the examples until the caller calls end.
func deployment() (end func()) {
	p, err := makeParts()
	if err != nil {
		panic(err)
	}
	trust, err := trusttest.New(trusttest.Config{})
	if err != nil {
		panic(err)
	}
	anchors := x509.NewCertPool()
	anchors.AddCert(trust.Root)
	timestamper, err := trustservices.NewTimestamper(
		trustservices.TimestamperConfig{URLs: []string{trust.TSAURL()}, Anchors: anchors})
	if err != nil {
		panic(err)
	}
	p.services = pades.Services{Timestamper: timestamper}
	s := httptest.NewServer(p.handler())
	address = s.URL
	if folder, err = os.MkdirTemp("", "influxion-example-"); err == nil {
		err = os.WriteFile(filepath.Join(folder, "contract.pdf"), pdftest.Sample(0), 0o600)
	}
	if err != nil {
		panic(err)
	}
	return func() {
		s.Close()
		timestamper.Close()
		trust.Close()
		os.RemoveAll(folder)
	}
}

func Example() {
	defer deployment()()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	influxion := client.New(address, caller, "api://influxion/.default")

	contract, err := client.Open(filepath.Join(folder, "contract.pdf"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer contract.Close()
	signed, err := influxion.Sign(ctx, contract, client.Options{Certificate: "seal", Reason: "Approved"})
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := os.Create(filepath.Join(folder, "contract.signed.pdf"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	if _, err := signed.WriteTo(file); err != nil { // and checks the digest
		fmt.Println(err)
		return
	}
	fmt.Println(signed.Certificate, signed.Level)
	// Output: seal B-B
}

// Extending a signature keeps it verifiable after its certificate has expired.
func ExampleClient_Extend() {
	defer deployment()()
	ctx := context.Background()
	influxion := client.New(address, caller, "api://influxion/.default")

	contract, err := client.Open(filepath.Join(folder, "contract.pdf"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer contract.Close()
	signed, err := influxion.Sign(ctx, contract, client.Options{Reason: "Approved"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var document bytes.Buffer // a small one; a large one goes to a file, as in the example of the package
	if _, err := signed.WriteTo(&document); err != nil {
		fmt.Println(err)
		return
	}
	extended, err := influxion.Extend(ctx, bytes.NewReader(document.Bytes()), client.Extension{Level: "B-T"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer extended.Body.Close()
	fmt.Println(signed.Level, extended.Level)
	// Output: B-B B-T
}

func ExampleClient_Certificates() {
	defer deployment()()
	influxion := client.New(address, caller, "api://influxion/.default")

	certificates, err := influxion.Certificates(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, certificate := range certificates {
		fmt.Println(certificate.Name, certificate.Subject, certificate.KeyAlgorithm,
			certificate.NotAfter.After(time.Now()))
	}
	// Output: seal CN=Test Seal,O=Example Organisation,C=DE P-256 true
}

func ExampleClient_Verify() {
	defer deployment()()
	influxion := client.New(address, caller, "api://influxion/.default")

	contract, err := client.Open(filepath.Join(folder, "contract.pdf"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer contract.Close()
	report, err := influxion.Verify(context.Background(), contract)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d of %d signatures passed\n", report.Summary.Passed, report.Summary.Total)
	for _, signature := range report.Signatures {
		fmt.Println(signature.Field, signature.Indication, signature.SubIndication)
	}
	// Output: 0 of 0 signatures passed
}

// A program decides by Code; a person reads Detail.
func ExampleProblem() {
	defer deployment()()
	influxion := client.New(address, caller, "api://influxion/.default")

	_, err := influxion.Certificate(context.Background(), "another", "")
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		fmt.Println(problem.Status, problem.Code, problem.Temporary())
	}
	// Output: 404 certificate_not_found false
}

func ExampleClient_Health() {
	defer deployment()()
	influxion := client.New(address, nil) // needs no token

	health, err := influxion.Health(context.Background(), false)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(health.Status)
	// Output: ok
}
