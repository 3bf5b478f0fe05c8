package connection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// shortCode matches Azure's error codes. Any other text could contain names.
var shortCode = regexp.MustCompile(`^[A-Za-z0-9_]{1,40}$`)

// Codes reads {"error":{"code","innererror":{"code"}}}. Azure uses two spellings of
// innererror, and encoding/json matches both.
func Codes(answered *azcore.ResponseError) (code, inner string) {
	if answered.RawResponse == nil {
		return "", ""
	}
	body, err := runtime.Payload(answered.RawResponse)
	if err != nil {
		return "", ""
	}
	var problem struct {
		Error struct {
			Code       string `json:"code"`
			InnerError struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &problem); err != nil {
		return "", ""
	}
	return onlyCode(problem.Error.Code), onlyCode(problem.Error.InnerError.Code)
}

func onlyCode(text string) string {
	if shortCode.MatchString(text) {
		return text
	}
	return ""
}

var entraCode = regexp.MustCompile(`AADSTS[0-9]{3,9}`)

// IdentityCause tells whether an error is one of the credential. If so, it returns the status and
// the error codes of Entra ID or of the identity endpoint.
func IdentityCause(err error) (cause string, ok bool) {
	identityErr, ok := errors.AsType[*identityError](err)
	if !ok {
		return "", false
	}
	return describeIdentity(identityErr), true
}

func describeIdentity(identityErr *identityError) string {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](identityErr.err)
	if !ok || failed.RawResponse == nil {
		return "no access token: " + describeCredential(identityErr.err)
	}
	text := fmt.Sprintf("no access token: answered %d", failed.RawResponse.StatusCode)
	body, err := runtime.Payload(failed.RawResponse)
	if err != nil {
		return text
	}
	var problem struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &problem) == nil && onlyCode(problem.Error) != "" {
		text += " " + problem.Error
	}
	return strings.TrimSpace(text + " " + entraCode.FindString(string(body)))
}

// describeCredential describes an error of the credential that carries no HTTP answer. MSAL puts
// some answers into the error's text only.
func describeCredential(err error) string {
	if code := entraCode.FindString(err.Error()); code != "" {
		return code
	}
	if text := Cause(err); text != unreadable {
		return text
	}
	return "the credential cannot be used: there is no such identity here, or the vault belongs to another tenant"
}

const unreadable = "the answer cannot be read"

// Cause names the kind of a connection error without the host names and addresses that
// such errors print.
func Cause(err error) string {
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, errAnswerTooLarge), errors.Is(err, errOtherHost), errors.Is(err, errCredentialPanic):
		return Innermost(err).Error()
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return "connection failed: " + errno.Error()
	}
	if dnsErr, ok := errors.AsType[*net.DNSError](err); ok {
		// The error's text can contain the resolver's address.
		return fmt.Sprintf("host name lookup failed (no such host: %t)", dnsErr.IsNotFound)
	}
	if certificateRefused(err) {
		return "the server's TLS certificate does not verify"
	}
	if errors.As(err, &network) && network.Timeout() {
		return "no answer in time"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the other side closed the connection"
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Sprintf("connection broken (%T)", Innermost(err))
	}
	return unreadable
}

// Innermost returns the error at the end of a chain of causes.
func Innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
