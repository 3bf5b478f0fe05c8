// Package local signs documents on this machine with keys that stay on Influxion's side. It builds
// the signature and computes the digest here, sends only hashes, and then completes and verifies
// the file. Above B-T it also adds the validation data here. It reads a document piece by piece, so
// its memory does not grow with the document's size.
//
//	service := client.New("https://signing.example.org", credential, "api://<client-id>/.default")
//	signer, err := local.New(service)
//	defer signer.Close()
//	signed, err := signer.Sign(ctx, contract, client.Options{Reason: "Approved"})
//	_, err = signed.WriteTo(file)
//
// It must never send any part of a document, nor return a document that does not verify.
//
// Read localsigner.go first, then localsource.go. docs/hash-signing.md says what the deployment
// must allow.
package local
