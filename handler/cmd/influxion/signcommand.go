package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/client/local"
	"influxion/handler/cmd/influxion/internal/exit"
)

// certifications are the values of --certify: what a certification signature allows afterwards.
var certifications = []string{"no-changes", "form-filling", "annotations"}

const maxImage = 4 << 20 // what Influxion accepts

// signFlags are the options of sign.
type signFlags struct {
	options  client.Options
	hashOnly bool
	visible  bool
	page     string
	box      string
	text     string
	hideText bool
	image    string
	colors   client.Visible // only its colours
}

func (a *app) signCommand() *cobra.Command {
	b := &batch{suffix: "signed"}
	var f signFlags
	c := &cobra.Command{
		Use: "sign FILE…", Short: "Sign documents", Args: needFiles,
		Long: `Sign signs each document with a certificate of the deployment. The result is written under a temporary name, checked against the
digest that Influxion states, and then given its name in one step: no incomplete file ever has that name. stdout lists the files that were
made. - is stdin, whose result goes to stdout. A folder stands for the PDFs in it, with --recursive for those below it too; results of an
earlier run (*.signed.pdf) are skipped.

With --hash-only no part of a document is sent: it is signed here, however large it is, and only hashes travel. The deployment must offer
that, and you need the app role hash.<certificate>.`,
		Example: `  influxion sign contract.pdf
  influxion sign contract.pdf -o contract-2027.pdf
  influxion sign --certificate seal --level B-LTA -o signed *.pdf
  influxion sign --recursive -o signed contracts/
  influxion sign --visible contract.pdf
  influxion sign --visible --page -1 --box 72,72,200,60 --image logo.png contract.pdf
  influxion sign --visible --text '{{name}}, {{date}}' --background '#eef4ff' --border navy contract.pdf
  influxion sign --hash-only --level B-T plans.pdf
  influxion sign - <contract.pdf >contract.signed.pdf`,
		RunE: a.does(func(ctx context.Context, files []string) error {
			options, err := f.read()
			if err != nil {
				return exit.UsageError(err)
			}
			signer := newDocumentSigner(f.hashOnly)
			defer signer.close()
			return a.sealAll(ctx, b, files, func(service *client.Client) sealing {
				return func(ctx context.Context, document client.Document) (*client.Signed, error) {
					return signer.sign(ctx, service, document, options)
				}
			})
		}),
	}
	b.flags(c.Flags())
	f.flags(a, c)
	c.Flags().BoolVar(&f.hashOnly, "hash-only", false, "sign here, and send only hashes (default level: B-B)")
	a.jsonFlag(c, "a line of JSON for each file")
	return c
}

func (f *signFlags) flags(a *app, c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.options.Certificate, "certificate", "",
		"`NAME` of the signing certificate (default: the deployment's)")
	flags.StringVar(&f.options.Version, "certificate-version", "",
		"`VERSION` of the certificate (default: the current one)")
	flags.StringVar(&f.options.Level, "level", "", "B-B, B-T, B-LT or B-LTA (default: the deployment's)")
	flags.BoolVar(&f.options.AllowLower, "allow-lower", false, "accept a lower level where a trust service fails")
	flags.StringVar(&f.options.Reason, "reason", "", "why it is signed")
	flags.StringVar(&f.options.Location, "location", "", "where it is signed")
	flags.StringVar(&f.options.Contact, "contact", "", "how to reach the signer")
	flags.StringVar(&f.options.Name, "name", "", "who signs, beside the certificate")
	flags.StringVar(&f.options.Field, "field", "", "`NAME` of the signature field; an empty one of that name is used")
	flags.StringVar(&f.options.Certify, "certify", "",
		"certify, and allow afterwards: no-changes, form-filling or annotations")
	flags.BoolVar(&f.visible, "visible", false,
		"show the signature on a page: the last one, unless --page says otherwise")
	flags.StringVar(&f.page, "page", "", "`PAGE` of a visible signature, from 1; -1 = the last")
	flags.StringVar(&f.box, "box", "", "its place, `X,Y,W,H` in points from the lower left corner of the page as it "+
		"is shown (default: in its lower right corner)")
	flags.StringVar(&f.text, "text", "",
		"its text, in which {{name}}, {{time}} and others are filled in (default: who, when, why)")
	flags.BoolVar(&f.hideText, "no-text", false, "no text in it")
	flags.StringVar(&f.image, "image", "", "`FILE` of its picture, PNG or JPEG")
	flags.StringVar(&f.colors.Color, "color", "",
		"`COLOR` of its text, #rrggbb or a name (default: what stands out from the background)")
	flags.StringVar(&f.colors.Background, "background", "", "`COLOR` behind it, or none (default: white behind text)")
	flags.StringVar(&f.colors.Border, "border", "", "`COLOR` of a line around it (default: none)")
	choices(c, "level", levels...)
	choices(c, "certify", certifications...)
	if err := c.RegisterFlagCompletionFunc("certificate", a.completeCertificates); err != nil {
		panic("internal error: " + err.Error())
	}
}

// read turns the flags into options.
func (f *signFlags) read() (client.Options, error) {
	if err := checkLevel(&f.options.Level, levels...); err != nil {
		return client.Options{}, err
	}
	if f.hashOnly && f.options.Version != "" {
		return client.Options{}, errors.New("--certificate-version cannot be chosen with --hash-only")
	}
	if f.options.Certify != "" && !slices.Contains(certifications, f.options.Certify) {
		return client.Options{}, fmt.Errorf("--certify %q: choose %s", f.options.Certify,
			strings.Join(certifications, ", "))
	}
	options := f.options
	if !f.visible {
		if f.page != "" || f.box != "" || f.text != "" || f.hideText || f.image != "" ||
			f.colors.Color+f.colors.Background+f.colors.Border != "" {
			return options,
				errors.New("--page, --box, --text, --no-text, --image, --color, --background and --border " +
					"apply to a visible signature: add --visible")
		}
		return options, nil
	}
	if f.text != "" && f.hideText {
		return options, errors.New("--text and --no-text contradict each other")
	}
	visible := f.colors
	visible.Text, visible.HideText = f.text, f.hideText
	options.Visible = &visible
	var err error
	if f.page != "" {
		if options.Visible.Page, err = strconv.Atoi(f.page); err != nil || options.Visible.Page == 0 {
			return options, fmt.Errorf("--page %q: want a number from 1, or -1 for the last page", f.page)
		}
	}
	if f.box != "" {
		if options.Visible.Box, err = readBox(f.box); err != nil {
			return options, err
		}
	}
	if f.image != "" {
		options.Visible.Image, err = readWithin(f.image, maxImage)
	}
	return options, err
}

func readBox(text string) (box [4]float64, err error) {
	parts := strings.Split(text, ",")
	invalid := fmt.Errorf("--box %q: want X,Y,WIDTH,HEIGHT in points, such as 72,72,200,60", text)
	if len(parts) != len(box) {
		return box, invalid
	}
	for i, part := range parts {
		if box[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			return box, invalid
		}
	}
	if !(box[2] > 0 && box[3] > 0) {
		return box, invalid
	}
	return box, nil
}

// documentSigner signs documents through the service or, if only hashes may be sent, on this
// machine. Safe for concurrent use.
type documentSigner struct {
	hashOnly bool

	once     sync.Once
	local    *local.Signer
	localErr error // of making it
}

func newDocumentSigner(hashOnly bool) *documentSigner { return &documentSigner{hashOnly: hashOnly} }

func (s *documentSigner) sign(ctx context.Context, service *client.Client, document client.Document,
	options client.Options) (*client.Signed, error) {
	if !s.hashOnly {
		return service.Sign(ctx, document, options)
	}
	s.once.Do(func() { s.local, s.localErr = local.New(service) })
	if s.localErr != nil {
		return nil, s.localErr
	}
	return s.local.Sign(ctx, document, options)
}

func (s *documentSigner) close() {
	if s.local != nil {
		s.local.Close()
	}
}
