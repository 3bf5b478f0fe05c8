package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"influxion/handler/client"
	"influxion/handler/internal/pdftest"
)

// The deployment of the examples: its address, a credential that it accepts, a folder with the document contract.pdf. In a program the
// credential is one of azidentity, such as azidentity.NewDefaultAzureCredential gives.
var (
	address string
	caller  azcore.TokenCredential = credential{goodToken}
	folder  string
)

// deployment serves the examples until the function that it gives is called.
func deployment() (end func()) {
	p, err := makeParts()
	if err != nil {
		panic(err)
	}
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

// What a program decides by is Code; a person reads Detail.
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
