// Package client calls Influxion's HTTP API: it signs and verifies PDF documents with the access
// tokens of an azcore credential.
//
//	credential, err := azidentity.NewDefaultAzureCredential(nil)
//	influxion := client.New("https://signing.example.org", credential, "api://<client-id>/.default")
//	contract, err := client.Open("contract.pdf")
//	signed, err := influxion.Sign(ctx, contract, client.Options{Reason: "Approved"})
//	_, err = signed.WriteTo(file)
//
// It must never send a token over plain HTTP to another machine, follow a redirect with one, log,
// or read an answer beyond its bounds. GET /api/openapi.json describes the contract (OpenAPI 3.1);
// errors are RFC 9457 problems.
//
// Read client.go first, then sign.go and document.go.
package client
