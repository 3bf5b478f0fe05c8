package trusttest

import (
	"bytes"
	"net/http"
	"strconv"
)

// Kind is the kind of a fault.
type Kind string

// The faults that every service can have.
const (
	Down        Kind = "down"         // the connection is closed
	Slow        Kind = "slow"         // no answer until ClearFault, or until the client leaves
	SlowBody    Kind = "slow body"    // the same after half of the answer
	ServerError Kind = "500"          //
	NotFound    Kind = "404"          //
	Redirect    Kind = "redirect"     // to Fault.Location
	Garbage     Kind = "garbage"      // of the right content type
	Empty       Kind = "empty"        // 200 without a byte
	Truncated   Kind = "truncated"    // half of the answer
	Trailing    Kind = "trailing"     // a byte too many
	Huge        Kind = "huge"         // the right answer, followed by a gigabyte
	WrongType   Kind = "content type" // text/html
	NoType      Kind = "no type"      // application/octet-stream
)

// The faults of the TSA.
const (
	Refusal          Kind = "refusal"         // status rejection with Fault.Failure
	GrantedWithMods  Kind = "grantedWithMods" // not a fault: the token is granted
	WrongNonce       Kind = "wrong nonce"     //
	NoNonce          Kind = "no nonce"        //
	WrongImprint     Kind = "wrong imprint"   //
	WrongHash        Kind = "wrong hash"      // the imprint's algorithm is another
	WrongSignature   Kind = "wrong signature" // by another key than the certificate's
	WrongReference   Kind = "wrong reference" // signing-certificate-v2 names another certificate
	Inaccurate       Kind = "inaccurate"      // the accuracy of genTime is thirty days
	WrongTime        Kind = "wrong time"      // genTime an hour ahead
	ExpiredTSA       Kind = "expired TSA"     // the TSA's certificate
	NoPurpose        Kind = "no purpose"      // no extKeyUsage
	ExtraPurpose     Kind = "extra purpose"   // a second one in extKeyUsage
	PurposeMild      Kind = "mild purpose"    // extKeyUsage is not critical
	Untrusted        Kind = "untrusted"       // the TSA's certificate is of no chain that ends in the root
	NoCertificates   Kind = "no certificates" // although certReq was set
	NoIntermediate   Kind = "no intermediate" // the TSA's certificate alone
	RefusalWithToken Kind = "refusal with token"
)

// The faults in what authorities publish.
const (
	TryLater         Kind = "tryLater"          // OCSP
	Unauthorized     Kind = "unauthorized"      // OCSP
	InternalError    Kind = "internalError"     // OCSP
	Unknown          Kind = "unknown"           // OCSP: the certificate status
	RevokedAnyway    Kind = "revoked"           // OCSP: whatever it is asked for
	OtherCertificate Kind = "other certificate" // OCSP: about another one; caIssuers: an unrelated CA's certificate
	Stale            Kind = "stale"             // OCSP, CRL: nextUpdate has passed
	Future           Kind = "future"            // OCSP, CRL: thisUpdate is an hour ahead
	NoNextUpdate     Kind = "no nextUpdate"     // OCSP
	Forged           Kind = "forged"            // OCSP, CRL: signed with another key than the issuer's
	ForeignSigner    Kind = "foreign signer"    // OCSP: signed by a responder that another CA made
	OtherIssuer      Kind = "other issuer"      // CRL: of an unrelated CA
	InPEM            Kind = "PEM"               // CRL, no fault: in PEM, with text in front
	Indirect         Kind = "indirect"          // CRL, no fault: by another authority, for IndirectPoint
	CutPEM           Kind = "cut PEM"           // CRL: the same without its end
)

// PKIFailureInfo of RFC 3161, section 2.4.2.
const (
	BadAlg              = 0
	BadRequest          = 2
	BadDataFormat       = 5
	TimeNotAvailable    = 14
	UnacceptedPolicy    = 15
	UnacceptedExtension = 16
	AddInfoNotAvailable = 17
	SystemFailure       = 25
)

// Fault is a kind of fault with its parameters.
type Fault struct {
	Kind     Kind
	Failure  int    // PKIFailureInfo bit, for Refusal; negative = none
	Location string // for Redirect
	Times    int    // for how many requests; 0 = until ClearFault
	Of       Name   // of this authority only; "" = of all
}

type fault struct {
	Fault
	left    int
	cleared chan struct{}
}

// Fault makes requests to a service fail from now on. It replaces an earlier fault.
func (s *Services) Fault(service Service, set Fault) {
	s.ClearFault(service)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[service] = &fault{Fault: set, left: set.Times, cleared: make(chan struct{})}
}

// ClearFault ends a fault and releases the requests that it blocks.
func (s *Services) ClearFault(service Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if set := s.faults[service]; set != nil {
		close(set.cleared)
		delete(s.faults, service)
	}
}

// Requests is the number of requests that a service has had, failed ones too.
func (s *Services) Requests(service Service) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[service]
}

// Started returns a channel that the next request at the service closes.
func (s *Services) Started(service Service) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	started := make(chan struct{})
	s.started[service] = append(s.started[service], started)
	return started
}

// take counts a request and returns the fault for it.
func (s *Services) take(service Service, a *authority) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[service]++
	for _, started := range s.started[service] {
		close(started)
	}
	delete(s.started, service)
	set := s.faults[service]
	switch {
	case set == nil || a != nil && set.Of != "" && set.Of != a.name:
		return &fault{}
	case set.Times == 0:
		return set
	case set.left == 0:
		return &fault{}
	}
	set.left--
	return set
}

// answer is the answer of a service.
type answer struct {
	contentType string
	body        []byte
}

// responder makes the answer to a request under a fault. It returns an error if the request is
// wrong.
type responder func(r *http.Request, a *authority, fault Fault) (answer, error)

// counted answers with a responder, under the current fault.
func (s *Services) counted(w http.ResponseWriter, r *http.Request, service Service, a *authority, respond responder) {
	set := s.take(service, a)
	switch set.Kind {
	case Down:
		panic(http.ErrAbortHandler)
	case Slow:
		set.hold(r)
	case ServerError:
		http.Error(w, "the database at db.internal.example is down", http.StatusInternalServerError)
		return
	case NotFound:
		http.NotFound(w, r)
		return
	case Redirect:
		http.Redirect(w, r, set.Location, http.StatusFound)
		return
	}
	made, err := respond(r, a, set.Fault)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	set.send(w, r, made)
}

// hold waits until the fault is cleared or the client leaves.
func (f *fault) hold(r *http.Request) {
	select {
	case <-f.cleared:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

// send writes an answer with the changes that the fault makes. It ignores write errors, because
// they mean that the client has left.
func (f *fault) send(w http.ResponseWriter, r *http.Request, made answer) {
	body, half := made.body, len(made.body)/2
	switch f.Kind {
	case WrongType:
		made.contentType = "text/html; charset=utf-8"
	case NoType:
		made.contentType = "application/octet-stream"
	case Garbage:
		body = []byte("<html>sign in to the network</html>")
	case Empty:
		body = nil
	case Truncated:
		body = body[:half]
	case Trailing:
		body = append(bytes.Clone(body), 0)
	}
	w.Header().Set("Content-Type", made.contentType)
	switch f.Kind {
	case SlowBody:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:half])
		_ = http.NewResponseController(w).Flush()
		f.hold(r)
		body = body[half:]
	case Huge:
		_, _ = w.Write(body)
		body = make([]byte, 1<<20)
		for range 1 << 10 {
			if _, err := w.Write(body); err != nil {
				return
			}
		}
	}
	_, _ = w.Write(body)
}
