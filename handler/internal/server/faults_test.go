package server_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/idempotency"
	"influxion/handler/internal/idempotencytest"
	"influxion/handler/internal/jobs"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/render"
	"influxion/handler/internal/server"
	"influxion/handler/internal/server/page"
	"influxion/handler/internal/server/rate"
	"influxion/handler/internal/signing"
)

// faults are the faults that a script can set.
func faults() map[string]func(*server.Config) {
	vaultFails := func(fault func(context.Context) error) func(*server.Config) {
		return func(c *server.Config) { c.Directory.Source.(*vault).fail(fault) }
	}
	both := func(fault func(context.Context) error) func(*server.Config) {
		return func(c *server.Config) {
			c.Directory.Source.(*vault).fail(fault)
			c.Extender.Services.Timestamper.(*trust).fault = fault
		}
	}
	// The clock stands still, because the duration of a test must not matter.
	limited := func(limits rate.Limits) func(*server.Config) {
		return func(c *server.Config) { c.Rate = rate.New(limits, func() time.Time { return time.Unix(1, 0) }) }
	}
	jobsFail := func(fault func(context.Context) error) func(*server.Config) {
		return func(c *server.Config) { c.Jobs.Store.(*inbox).fault = fault }
	}
	return map[string]func(*server.Config){
		"a request with this Idempotency-Key is kept": func(c *server.Config) {
			c.Idempotency = &idempotencytest.Memory{}
		},
		"a request with this Idempotency-Key is under way": func(c *server.Config) { c.Idempotency = underWay{} },
		"the storage of jobs is down": jobsFail(func(context.Context) error {
			return errors.New("dial jobs.blob.example")
		}),
		"the storage of jobs is full": jobsFail(func(context.Context) error { return jobs.ErrFull }),
		"the storage of jobs panics":  jobsFail(func(context.Context) error { panic("canary-document") }),
		"the storage of jobs is slow": jobsFail(func(context.Context) error {
			return &signing.Error{Kind: signing.DeadlineExceeded, Code: "deadline_exceeded", Detail: "too late"}
		}),
		"the storage of jobs has no inbox": func(c *server.Config) {
			c.Jobs.Store = c.Jobs.Store.(*inbox).Memory
		},
		"templates are stored": func(c *server.Config) { c.Renderer.Templates = templates{} },
		"the container of templates is down": func(c *server.Config) {
			c.Renderer.Templates = templates{&signing.Error{Kind: signing.Unavailable, Code: "templates_unavailable",
				Detail: "the templates cannot be read now"}}
		},
		"no job is run":               func(c *server.Config) { c.Jobs.Queue.(*jobRunner).resting = true },
		"the caller is somebody else": func(c *server.Config) { c.Authenticator = &others{} },
		"the caller may see every job": func(c *server.Config) {
			c.Authenticator = &others{roles: []string{"Jobs.Read.*"}}
		},
		"the caller may make one request a minute": limited(rate.Limits{Requests: 1, Bytes: 100_000}),
		"the caller may send little in a minute":   limited(rate.Limits{Requests: 100, Bytes: 100_000}),
		"the timestamp authority is down": func(c *server.Config) {
			c.Extender.Services.Timestamper.(*trust).down = true
		},
		"the signing certificate is revoked": func(c *server.Config) {
			c.Extender.Services.Timestamper.(*trust).revoke(c.Directory.Source.(*vault))
		},
		"there is no timestamp authority": func(c *server.Config) {
			c.Extender.Services, c.Hashes.Timestamper = pades.Services{}, nil
		},
		"the timestamp client has a bug": both(func(context.Context) error {
			return errors.New("bug in tsa.internal.example")
		}),
		"the vault is down": vaultFails(vaultDown),
		"the vault lets Influxion read nothing": vaultFails(func(context.Context) error {
			return &signing.Error{Kind: signing.Unavailable, Code: "vault_forbidden",
				Detail: "the vault refuses Influxion"}
		}),
		"no page":                func(c *server.Config) { c.Page = nil },
		"no sign-in on the page": func(c *server.Config) { c.Page = &page.Config{} },
		"there is no renderer":   func(c *server.Config) { c.Renderer = nil },
		"the vault does not sign with the key": vaultFails(func(context.Context) error {
			return &signing.Error{Kind: signing.Unavailable, Code: "key_unusable", Detail: "the key is disabled"}
		}),
		"the vault panics": vaultFails(func(context.Context) error { panic("canary-document") }),
		"the vault has a bug": vaultFails(func(context.Context) error {
			return errors.New("bug in secret-vault.vault.azure.net")
		}),
		"the time runs out": both(func(context.Context) error {
			return &signing.Error{Kind: signing.DeadlineExceeded, Code: "deadline_exceeded",
				Detail: "the request took too long"}
		}),
		"the audit log is full": func(c *server.Config) {
			c.Audit = audit.New(audit.Config{Out: fullDisk{}})
		},
		"the audit container does not answer": func(c *server.Config) {
			c.Audit = audit.New(audit.Config{Out: io.Discard, Store: noStore{}})
		},
		"the audit container takes no record": func(c *server.Config) {
			c.Audit = audit.New(audit.Config{Out: io.Discard, Store: emptyStore{}})
		},
		"there is no default certificate": func(c *server.Config) { c.Sealer.Policy.Certificates = nil },
		"a check fails": func(c *server.Config) {
			c.Ready = []server.Check{
				{Name: "token_keys", Check: func(context.Context) error { return nil }},
				{Name: "vault",
					Check: func(context.Context) error { return errors.New("dial secret-vault.vault.azure.net") }},
			}
		},
		"hash signing is off": func(c *server.Config) { c.Hashes = nil },
		"all checks pass": func(c *server.Config) {
			c.Ready = []server.Check{{Name: "token_keys", Check: func(context.Context) error { return nil }}}
		},
	}
}

// templates has one template, a.html, and beside it one picture, a.png, or returns err.
type templates struct{ err error }

func (t templates) Template(_ context.Context, id string) (render.Template, error) {
	if t.err != nil || id == "a.html" {
		return render.Template{Content: "<p>stored", ETag: `"1"`}, t.err
	}
	return render.Template{}, &signing.Error{Kind: signing.NotFound, Code: "template_not_found",
		Detail: "there is no template of this name"}
}

func (t templates) File(_ context.Context, id string, reserve func(int64) error) ([]byte, string, error) {
	if t.err == nil && id == "a.png" {
		return []byte("\x89PNG"), "2", reserve(4)
	}
	return nil, "", cmp.Or(t.err, error(&signing.Error{Kind: signing.NotFound, Code: "template_not_found",
		Detail: "there is no template of this name"}))
}

// others is an Authenticator that takes the first request for the usual caller's, and all later
// ones for another caller's.
type others struct {
	roles []string // of the others
	mu    sync.Mutex
	asked bool
}

func (o *others) Authenticate(ctx context.Context, token string) (signing.Principal, error) {
	principal, err := callers{}.Authenticate(ctx, token)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asked {
		principal.ObjectID, principal.Roles = "object-2", o.roles
	}
	o.asked = true
	return principal, err
}

// underWay is a store in which the same request is always in progress.
type underWay struct{ *idempotencytest.Memory }

func (underWay) Begin(_ context.Context, _ string, entry idempotency.Entry) (*idempotency.Entry, error) {
	return &entry, nil
}

// noStore is a store that does not answer.
type noStore struct{}

func (noStore) Append(context.Context, []byte) error { return errors.New("dial audit.blob.example") }

func (noStore) Tails(context.Context) ([][]byte, error) {
	return nil, errors.New("dial audit.blob.example")
}

// emptyStore is an empty store that can only be read.
type emptyStore struct{ noStore }

func (emptyStore) Tails(context.Context) ([][]byte, error) { return nil, nil }
