package cloudtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"influxion/handler/internal/shell"
)

// tools are the programs that azidentity looks for on PATH: az, and the browser under its names on
// Linux and macOS. Here they are scripts that start the running program again; in that process
// RunTool plays the tool.
var tools = []string{"az", "xdg-open", "open"}

// The variables that tell the program which tool to play.
const (
	toolVariable     = "CLOUDTEST_TOOL"
	addressVariable  = "CLOUDTEST_ADDRESS" // of the token endpoints, over plain HTTP
	personVariable   = "CLOUDTEST_PERSON"
	passwordVariable = "CLOUDTEST_PASSWORD"
	declineVariable  = "CLOUDTEST_DECLINE"
)

const notSignedIn = "Please run 'az login' to setup account." // the words of az

// writeTools makes a folder with the tools for a caller.
func (c *Cloud) writeTools(caller Caller) (string, error) {
	folder, err := os.MkdirTemp(c.directory, "tools-")
	if err != nil {
		return "", err
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	for _, tool := range tools {
		script := "#!/bin/sh\n"
		for _, entry := range [][2]string{
			{toolVariable, tool}, {addressVariable, c.URL()}, {personVariable, caller.Person.Name},
			{passwordVariable, caller.Person.Password},
			{declineVariable, map[bool]string{true: "yes"}[caller.Decline]},
		} {
			script += entry[0] + "=" + shell.Word(entry[1]) + " "
		}
		if err := os.WriteFile(filepath.Join(folder, tool), []byte(script+"exec "+shell.Word(self)+` "$@"`+"\n"), 0o700); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// RunTool plays one of the tools if this process was started as one, and returns its exit code. A
// test whose credentials need az or a browser must call it first in TestMain.
func RunTool(ctx context.Context, arguments []string, getenv func(string) string,
	stdout, stderr io.Writer) (code int, ran bool) {
	var err error
	switch getenv(toolVariable) {
	case "":
		return 0, false
	case "az":
		err = runAzureCLI(ctx, arguments, getenv, stdout)
	default:
		err = runBrowser(ctx, arguments, getenv)
	}
	if err != nil {
		fmt.Fprintln(stderr, "ERROR:", err)
		return 1, true
	}
	return 0, true
}

// Main is the main function of a program that starts a Cloud. If the process was started as a
// browser or an az for a sign-in, Main plays that tool. Otherwise it calls run with a context that
// an interrupt ends. On an error it prints the error after the program's name, and exits with 1.
func Main(name string, run func(ctx context.Context, arguments []string, out io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if code, ran := RunTool(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); ran {
		os.Exit(code)
	}
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}

func runBrowser(ctx context.Context, arguments []string, getenv func(string) string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("one address, please: got %d arguments", len(arguments))
	}
	visitor := Visitor{Person: getenv(personVariable), Decline: getenv(declineVariable) != ""}
	_, err := visitor.Visit(ctx, arguments[0])
	return err
}

// runAzureCLI answers az account get-access-token.
func runAzureCLI(ctx context.Context, arguments []string, getenv func(string) string, stdout io.Writer) error {
	if len(arguments) < 2 || arguments[0] != "account" || arguments[1] != "get-access-token" {
		return fmt.Errorf("'%s' is misspelled or not recognized by the system", strings.Join(arguments, " "))
	}
	options, err := cliOptions(arguments[2:])
	switch {
	case err != nil:
		return err
	case getenv(personVariable) == "":
		return fmt.Errorf("%s", notSignedIn)
	}
	scope := options["--scope"]
	if resource := options["--resource"]; resource != "" {
		scope = resource + "/.default"
	}
	tenant := options["--tenant"]
	if tenant == "" {
		tenant = "organizations"
	}
	answer, err := askToken(ctx, getenv(addressVariable)+"/"+tenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"password"}, "client_id": {azureCLI}, "username": {getenv(personVariable)},
		"password": {getenv(passwordVariable)},
		"scope":    {scope},
	})
	if err != nil {
		return err
	}
	if answer.Description != "" {
		return fmt.Errorf("%s\nInteractive authentication is needed. Please run:\naz login --scope %s",
			answer.Description, scope)
	}
	expires := time.Now().Add(time.Duration(answer.ExpiresIn) * time.Second)
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{
		"accessToken": answer.AccessToken, "expiresOn": expires.Format("2006-01-02 15:04:05.000000"),
		"expires_on": expires.Unix(),
		"tenant":     tenant, "tokenType": "Bearer",
	})
}

// cliOptions parses pairs of an option and its value.
func cliOptions(arguments []string) (map[string]string, error) {
	options := map[string]string{}
	for i := 0; i < len(arguments); i += 2 {
		name := arguments[i]
		switch name {
		case "-o", "--output", "--resource", "--scope", "--tenant", "--subscription":
		default:
			return nil, fmt.Errorf("unrecognized arguments: %s", name)
		}
		if i+1 == len(arguments) {
			return nil, fmt.Errorf("argument %s: expected one argument", name)
		}
		options[name] = arguments[i+1]
	}
	return options, nil
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"`
	Description string `json:"error_description"`
}

// askToken asks a token endpoint over plain HTTP. A refusal is an answer, not an error.
func askToken(ctx context.Context, address string, form url.Values) (tokenAnswer, error) {
	var answer tokenAnswer
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	return answer, json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
}
