// Signs, verifies and reads a problem with the client that oapi-codegen makes: client URL IN.pdf OUT.pdf, with the access token in TOKEN.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"influxion.example/openapi/generated"
)

const mediaPDF = "application/pdf"

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address, source, target string) error {
	token := generated.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
		return nil
	})
	client, err := generated.NewClientWithResponses(address, token)
	if err != nil {
		return err
	}
	document, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	level, reason := generated.SignParamsLevelBLTA, "Approved"
	signed, err := client.SignWithBodyWithResponse(ctx, &generated.SignParams{Level: &level, Reason: &reason}, mediaPDF,
		bytes.NewReader(document))
	if err != nil {
		return err
	}
	if signed.StatusCode() != http.StatusOK {
		return errors.New(signed.Status())
	}
	if err := os.WriteFile(target, signed.Body, 0o600); err != nil {
		return err
	}
	verified, err := client.VerifyWithBodyWithResponse(ctx, &generated.VerifyParams{}, mediaPDF, bytes.NewReader(signed.Body))
	if err != nil {
		return err
	}
	refused, err := client.SignWithBodyWithResponse(ctx, &generated.SignParams{}, mediaPDF, strings.NewReader("no document"))
	if err != nil {
		return err
	}
	report, problem := verified.JSON200, refused.ApplicationproblemJSON422
	if report == nil || problem == nil {
		return fmt.Errorf("got %s and %s, want a report and a problem", verified.Status(), refused.Status())
	}
	fmt.Println(report.Verdict.Indication, *report.Signatures[0].Level, problem.Status, problem.Code, problem.Instance[:9])
	return nil
}
