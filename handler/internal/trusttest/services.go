package trusttest

import (
	"crypto"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"influxion/handler/internal/pkitest"
)

// Service is a service that is counted and can have a fault.
type Service string

// The services.
const (
	TSA     Service = "tsa"
	OCSP    Service = "ocsp"
	CRL     Service = "crl"
	Issuers Service = "issuers" // caIssuers
)

// Name is one of the certification authorities.
type Name string

// The authorities.
const (
	Root         Name = "root"
	Issuing      Name = "issuing"      // below the root; issues signing certificates
	Timestamping Name = "timestamping" // below the root; issues the TSA's certificate
)

// Services are running trust services. Safe for concurrent use.
type Services struct {
	Root *x509.Certificate // the one anchor

	config      Config
	server      *http.Server
	authorities map[Name]*authority
	stranger    *pkitest.Authority // of no chain that ends in Root

	state
}

// state is the changeable state of the services.
type state struct {
	mu       sync.Mutex
	tsa      identity
	serial   int64 // of timestamp tokens, and of CRLs
	faults   map[Service]*fault
	requests map[Service]int
	started  map[Service][]chan struct{}
	demand   Demand   // of the TSA
	shown    []string // credentials
}

// New makes keys and certificates and serves them until Close.
func New(config Config) (*Services, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	s := &Services{
		config: config, authorities: map[Name]*authority{},
		state: state{
			faults: map[Service]*fault{}, requests: map[Service]int{}, started: map[Service][]chan struct{}{},
		},
	}
	if err := s.build(); err != nil {
		config.Listener.Close()
		return nil, err
	}
	s.server = &http.Server{
		Handler: s, ReadHeaderTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // connections break on request, which needs no log line
	}
	go s.server.Serve(config.Listener)
	return s, nil
}

// Close ends the server and every connection. It may be called more than once.
func (s *Services) Close() error {
	for _, service := range []Service{TSA, OCSP, CRL, Issuers} {
		s.ClearFault(service)
	}
	err := s.server.Close()
	s.config.Listener.Close() // Serve may not have begun
	return err
}

func (s *Services) build() error {
	now := s.config.Now()
	root, err := pkitest.NewRoot(s.config.Name+" Root CA", now)
	if err != nil {
		return err
	}
	if s.stranger, err = pkitest.NewRoot(s.config.Name+" Unrelated CA", now); err != nil {
		return err
	}
	s.Root = root.Root()
	if err := s.addAuthority(Root, root); err != nil {
		return err
	}
	for name, title := range map[Name]string{Issuing: " Issuing CA", Timestamping: " Timestamping CA"} {
		if err := s.addIntermediate(name, s.config.Name+title); err != nil {
			return err
		}
	}
	key, err := pkitest.NewKey(s.config.TSAAlgorithm)
	if err != nil {
		return err
	}
	return s.SetTSA(TSATemplate(s.config.Name+" TSA", now), key)
}

// Authority returns one of the certification authorities, for certificates that Issue cannot make.
func (s *Services) Authority(name Name) *pkitest.Authority { return s.authorities[name].Authority }

// Issue makes a certificate of the issuing CA from a template such as pkitest.SigningTemplate. It
// returns the chain: the certificate first, the root last. The certificate names the services of
// the CA, except those that the template already names, those of Config.Without, and those passed
// to Issue.
func (s *Services) Issue(template *x509.Certificate, public crypto.PublicKey,
	without ...Service) ([]*x509.Certificate, error) {
	return s.issue(Issuing, template, public, without...)
}

// SetTSA makes the TSA sign with this key from now on, under a certificate that the timestamping CA
// makes by the template.
func (s *Services) SetTSA(template *x509.Certificate, key crypto.Signer) error {
	chain, err := s.issue(Timestamping, template, key.Public())
	if err != nil {
		return err
	}
	s.UseTSA(chain, key)
	return nil
}

// UseTSA makes the TSA sign with this key from now on, under a certificate that was made elsewhere.
// Its tokens embed the chain except for its last certificate.
func (s *Services) UseTSA(chain []*x509.Certificate, key crypto.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tsa = identity{chain, key}
}

// TSAChain returns the chain of the TSA's certificate: the certificate first, the root last.
func (s *Services) TSAChain() []*x509.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tsa.chain)
}

// TSAURL is the address of the timestamp authority.
func (s *Services) TSAURL() string { return s.config.URL + "/tsa" }

// URL is the address of an authority's OCSP responder, CRL, or own certificate in DER. For the
// certificate, ".pem" in place of ".crt" gives the same certificate in PEM, and ".p7c" gives the
// whole chain in a PKCS#7 bundle.
func (s *Services) URL(name Name, service Service) string {
	file := map[Service]string{OCSP: "/ocsp", CRL: "/ca.crl", Issuers: "/ca.crt"}[service]
	return s.config.URL + "/" + string(name) + file
}

// ServeHTTP answers for all services, for callers that use a server of their own.
func (s *Services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/tsa" {
		if !s.admits(r) {
			s.take(TSA, nil)
			w.Header().Set("WWW-Authenticate", `Basic realm="tsa.internal.example"`)
			http.Error(w, "sign in at http://login.internal.example", http.StatusUnauthorized)
			return
		}
		s.counted(w, r, TSA, nil, s.timestamp)
		return
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	a := s.authorities[Name(first)]
	switch {
	case a == nil:
		http.NotFound(w, r)
	case rest == "ocsp" || strings.HasPrefix(rest, "ocsp/"):
		s.counted(w, r, OCSP, a, s.status)
	case rest == "ca.crl":
		s.counted(w, r, CRL, a, s.list)
	case rest == "ca.crt" || rest == "ca.pem" || rest == "ca.p7c" || rest == signerPath:
		s.counted(w, r, Issuers, a, s.issuers)
	default:
		http.NotFound(w, r)
	}
}
