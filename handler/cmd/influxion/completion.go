package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"influxion/handler/cmd/influxion/internal/settings"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/cmd/influxion/internal/terminal"
)

const (
	namesKept  = 5 * time.Minute // names of certificates, for the next completion
	namesWait  = 3 * time.Second // a shell is waiting
	maxNames   = 1 << 20         // bytes of them on disk
	namesFiles = "certificates-"
)

// keptNames are the names of the certificates that one caller saw at one deployment.
type keptNames struct {
	Until time.Time `json:"until"`
	Names []string  `json:"names"`
}

// completeCertificates lets the shell complete names of certificates, as the deployment lists them.
// On any error it completes nothing and prints nothing, because the shell's line is no place for a
// message.
func (a *app) completeCertificates(c *cobra.Command, arguments []string, begin string) ([]string,
	cobra.ShellCompDirective) {
	var fitting []string
	if len(arguments) == 0 || c.Name() != "certificates" {
		for _, name := range a.certificateNames(c.Context()) {
			if strings.HasPrefix(name, begin) && terminal.Safe(name) == name {
				fitting = append(fitting, name)
			}
		}
	}
	return fitting, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) certificateNames(ctx context.Context) []string {
	if ctx == nil {
		ctx = context.Background()
	}
	s, session, err := a.settings()
	if err != nil || require(s, settings.URL, settings.Scope) != nil {
		return nil
	}
	file := a.namesFile(s)
	if kept := readNames(file); a.now().Before(kept.Until) && kept.Until.Sub(a.now()) <= namesKept {
		return kept.Names
	}
	config := a.signInConfig(s, session)
	config.Dialog = signin.Dialog{Notice: func(string) {}} // completion never asks a person to sign in
	credential, _, err := signin.New(config)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, namesWait)
	defer cancel()
	list, err := a.serviceAt(s, credential).WithAttempts(1).Certificates(ctx)
	if err != nil {
		return nil
	}
	kept := keptNames{Until: a.now().Add(namesKept)}
	for _, certificate := range list {
		kept.Names = append(kept.Names, certificate.Name)
	}
	a.keepNames(file, kept)
	return kept.Names
}

// namesFile is the file that keeps the names, one for each deployment and caller. "" = they are not
// kept.
func (a *app) namesFile(s *settings.Settings) string {
	folder, err := a.folders.cache()
	if err != nil {
		return ""
	}
	key := sha256.New()
	for _, name := range []settings.Name{settings.URL, settings.Scope, settings.TenantID, settings.ClientID,
		settings.Auth, settings.AuthorityHost} {
		fmt.Fprintf(key, "%q", s.Value(name))
	}
	if profile, err := a.profileName(); err == nil {
		fmt.Fprintf(key, "%q", profile)
	}
	return filepath.Join(folder, "influxion", fmt.Sprintf("%s%x.json", namesFiles, key.Sum(nil)[:12]))
}

func readNames(name string) (kept keptNames) {
	file, err := os.Open(name)
	if err != nil {
		return kept
	}
	defer file.Close()
	if json.NewDecoder(io.LimitReader(file, maxNames)).Decode(&kept) != nil {
		return keptNames{}
	}
	return kept
}

// keepNames writes the names for the next completion, if it can.
func (a *app) keepNames(name string, kept keptNames) {
	if name == "" || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	_ = a.files.Write(name, true, func(w io.Writer) error { return json.NewEncoder(w).Encode(kept) })
}

// forgetNames removes the names kept for completion: after a change of the sign-in they may be
// another caller's.
func (a *app) forgetNames() {
	folder, err := a.folders.cache()
	if err != nil {
		return
	}
	files, _ := filepath.Glob(filepath.Join(folder, "influxion", namesFiles+"*.json"))
	for _, file := range files {
		_ = os.Remove(file)
	}
}
