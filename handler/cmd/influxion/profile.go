package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"influxion/handler/cmd/influxion/internal/settings"
)

// profile returns the settings of the profile that --profile or the environment names; nil = none
// is named. A profile that exists only through a sign-in has no settings.
func (a *app) profile() (map[settings.Name]string, error) {
	name, err := a.profileName()
	if name == "" || err != nil {
		return nil, err
	}
	file, profiles, err := a.profiles()
	if err != nil {
		return nil, err
	}
	if profile, ok := profiles[name]; ok {
		return profile, nil
	}
	session, err := a.sessionFile()
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(session); err != nil && !a.global.signsIn {
		known := strings.Join(slices.Sorted(maps.Keys(profiles)), ", ")
		return nil, fmt.Errorf("there is no profile %s: %s has %s; influxion login --profile %[1]s makes one", name,
			file,
			cmp.Or(known, "none"))
	}
	return nil, nil
}

// profileName is the profile that --profile or the environment names; "" = none.
func (a *app) profileName() (string, error) {
	name := cmp.Or(a.global.profile, strings.TrimSpace(a.getenv(settings.ProfileVariable)))
	if name == "" {
		return "", nil
	}
	return name, settings.CheckProfileName(name)
}

// profiles reads the user's file of profiles.
func (a *app) profiles() (string, settings.Profiles, error) {
	folder, err := a.folders.config()
	if err != nil {
		return "", nil, err
	}
	members := map[string]settings.Name{}
	for setting, flag := range flagNames {
		members[flag] = setting
	}
	file := filepath.Join(folder, "influxion", "config.json")
	profiles, err := settings.ReadProfiles(file, members)
	return file, profiles, err
}

// completeProfiles lets the shell complete names of profiles. If the file cannot be read, it
// completes nothing.
func (a *app) completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	_, profiles, err := a.profiles()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(profiles)), cobra.ShellCompDirectiveNoFileComp
}
