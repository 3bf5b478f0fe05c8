// Package local signs documents on this machine with keys that Influxion uses on its side: the
// structure and the digest are made here, only hashes travel, and the file is finished, verified
// and, above B-T, given its validation data here. A document is read piece by piece and never held:
// memory does not grow with its size.
//
//	service := client.New("https://signing.example.org", credential, "api://<client-id>/.default")
//	signer, err := local.New(service)
//	defer signer.Close()
//	signed, err := signer.Sign(ctx, contract, client.Options{Reason: "Approved"})
//	_, err = signed.WriteTo(file)
//
// It must never send any part of a document, nor give out one that does not verify.
//
// Read sign.go first. docs/hash-signing.md says what the deployment must allow.
package local
