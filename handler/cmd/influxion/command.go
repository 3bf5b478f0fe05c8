package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/manualpage"
	"influxion/handler/cmd/influxion/internal/settings"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/cmd/influxion/internal/suggestion"
)

// flagNames are the flags of settings. A secret has no flag, because everybody on the machine can
// read the arguments of a program.
var flagNames = map[settings.Name]string{
	settings.URL: "url", settings.Scope: "scope", settings.TenantID: "tenant", settings.ClientID: "client-id",
	settings.Auth:            "auth",
	settings.CertificateFile: "client-certificate", settings.AuthorityHost: "authority-host",
}

const about = `Influxion signs PDF documents with certificates of Azure Key Vault: PAdES, by the HTTP API of one deployment.

Settings come from flags, from the profile that is named, from the environment, from a .env file of the current folder, and from the last
sign-in, in this order:
  INFLUXION_CLIENT_URL             address of the deployment, such as https://signing.example.org
  INFLUXION_CLIENT_SCOPE           scope of its API, such as api://<client-id>/.default
  INFLUXION_CLIENT_TENANT_ID       tenant to sign in to
  INFLUXION_CLIENT_ID              client ID of your app registration (Influxion Client), or of a managed identity
  INFLUXION_CLIENT_SECRET          client secret: signs in as the app
  INFLUXION_CLIENT_CERTIFICATE_FILE, INFLUXION_CLIENT_CERTIFICATE_PASSWORD   client certificate: signs in as the app
  INFLUXION_CLIENT_TOKEN_FILE      federated token: workload identity
  INFLUXION_CLIENT_AUTH            way to sign in
  INFLUXION_CLIENT_AUTHORITY_HOST  of a national cloud
  INFLUXION_CLIENT_PROFILE         profile, where no --profile names one
INFLUXION_AZURE_TENANT_ID, _DEFAULT_SCOPE and _AUTHORITY_HOST of the deployment are used where these are not set. A .env that is not named
with --env-file may not decide where a sign-in goes.
A profile is an entry of influxion/config.json in your configuration folder (Linux: ~/.config), with the names of the flags and no secret:
  {"profiles": {"test": {"url": "https://…", "scope": "api://…/.default", "tenant": "…", "client-id": "…"}}}
Each profile has a sign-in of its own. influxion login --profile NAME remembers one without an entry, too.
Colours: none where NO_COLOR is set, with --no-color, or when the output is not a terminal.`

// command builds the whole command line.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use: "influxion", Short: "Sign and verify PDF documents", Long: about + "\n\n" + exit.Help,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.AddCommand(a.loginCommand(), a.logoutCommand(), a.signCommand(), a.extendCommand(), a.timestampCommand(),
		a.verifyCommand(), a.generateCommand(), a.jobsCommand(),
		a.certificatesCommand(), a.tokenCommand(), a.doctorCommand(), a.auditCommand(), a.manualCommand(),
		a.versionCommand())
	refuseUnknown(root)
	root.SetFlagErrorFunc(suggestion.Flags)
	a.globalFlags(root)
	return root
}

// globalFlags adds the flags that every command has.
func (a *app) globalFlags(root *cobra.Command) {
	a.global.values = map[settings.Name]*string{}
	flags := root.PersistentFlags()
	for _, f := range []struct {
		name  settings.Name
		usage string
	}{
		{settings.URL, "address of the deployment"},
		{settings.Scope, "scope of its API"},
		{settings.TenantID, "tenant to sign in to"},
		{settings.ClientID, "client ID of the app registration or managed identity"},
		{settings.Auth, "way to sign in: " + signin.MethodList()},
		{settings.CertificateFile, "`FILE` of the client certificate with its key"},
		{settings.AuthorityHost, "login host of a national cloud"},
	} {
		a.global.values[f.name] = flags.String(flagNames[f.name], "", f.usage)
	}
	var methods []string
	for _, method := range signin.Methods() {
		methods = append(methods, string(method))
	}
	choices(root, flagNames[settings.Auth], methods...)
	flags.StringVar(&a.global.envFile, "env-file", "",
		"`FILE` of settings, trusted as the environment is (default: .env, if there is one)")
	flags.StringVar(&a.global.profile, "profile", "",
		"`NAME` of a deployment in your file of profiles, or of an earlier login --profile")
	flags.BoolVarP(&a.global.verbose, "verbose", "v", false,
		"report waits and totals, also where stderr is not a terminal")
	flags.BoolVar(&a.global.noRetry, "no-retry", false, "give up at once where the service asks to try again later")
	flags.DurationVar(&a.global.timeout, "timeout", 0,
		"time limit for each document, or for waiting for jobs, such as 90s (default: none)")
	flags.BoolVar(&a.global.noColour, "no-color", false, "no colours")
	if err := root.RegisterFlagCompletionFunc("profile", a.completeProfiles); err != nil {
		panic("internal error: " + err.Error())
	}
}

// refuseUnknown makes an unknown word, alone or after a group of commands, an error of one line
// that names commands. For such a word after a group cobra shows the help of the group and
// succeeds, so a script with a misspelt word would go on as if the command had run.
func refuseUnknown(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range slices.Concat(root.Commands(), []*cobra.Command{root}) {
		if c.Runnable() || !c.HasSubCommands() {
			continue
		}
		c.DisableFlagsInUseLine = true
		c.Args = func(c *cobra.Command, words []string) error {
			if len(words) == 0 {
				return nil
			}
			return unknownCommand(c, words[0])
		}
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		c.Args = func(_ *cobra.Command, words []string) error {
			found, rest, err := root.Find(words)
			if err == nil && len(rest) > 0 {
				err = unknownCommand(found, rest[0])
			}
			return err
		}
	}
}

// unknownCommand is the error of a word that is no command below c.
func unknownCommand(c *cobra.Command, word string) error {
	err := fmt.Errorf("unknown command %q for %q", word, c.CommandPath())
	if !c.HasParent() || !c.HasSubCommands() {
		return suggestion.Commands(c, word, err)
	}
	var names []string
	for _, below := range c.Commands() {
		names = append(names, below.Name())
	}
	return fmt.Errorf("%w: it has %s", err, strings.Join(names, ", "))
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: a.does(func(context.Context, []string) error {
			_, err := fmt.Fprintf(a.out, "influxion %s (%s, %s %s/%s)\n", version, commit, runtime.Version(),
				runtime.GOOS, runtime.GOARCH)
			return err
		}),
	}
}

// jsonFlag gives a command the flag --json.
func (a *app) jsonFlag(c *cobra.Command, usage string) {
	c.Flags().BoolVar(&a.global.jsonOutput, "json", false, usage)
}

// needFiles requires at least one file.
func needFiles(_ *cobra.Command, files []string) error {
	if len(files) == 0 {
		return errors.New("name at least one file or folder; - is stdin")
	}
	return nil
}

// The levels of signing and of extending.
var (
	levels         = []string{"B-B", "B-T", "B-LT", "B-LTA"}
	extendedLevels = levels[1:]
)

// checkLevel requires an allowed level, in upper or lower case, or none. It replaces the level by
// the spelling in allowed.
func checkLevel(level *string, allowed ...string) error {
	spelt := strings.ToUpper(*level)
	if spelt != "" && !slices.Contains(allowed, spelt) {
		return exit.UsageError(fmt.Errorf("--level %q: choose %s", *level, strings.Join(allowed, ", ")))
	}
	*level = spelt
	return nil
}

// choices lets the shell complete a flag's values.
func choices(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag,
		cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("internal error: " + err.Error())
	}
}

func (a *app) manualCommand() *cobra.Command {
	return &cobra.Command{
		Use: "manual", Short: "Print the manual page", Args: cobra.NoArgs,
		Long: "Manual prints the manual page of all commands, as man reads it. The archives of a release have it as " +
			"influxion.1.",
		Example: "  influxion manual | man -l -\n  influxion manual > ~/.local/share/man/man1/influxion.1",
		RunE:    a.does(func(context.Context, []string) error { return manualpage.Write(a.out, a.command(), version) }),
	}
}
