package server

import (
	"context"
	"net/http"
	"strings"

	"influxion/handler/internal/report"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/page"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// pageRoutes are the routes of the page for people. Their function also gets the requests that no
// other function takes, so that this server answers an unknown path. The host's own answer would
// explain nothing.
func pageRoutes() []Route {
	files := func(function, path string, produces []string, of func(*page.Page, *exchange) (page.File, error)) Route {
		return Route{Function: function, Method: http.MethodGet, Path: path, Anonymous: true,
			Traits:   Traits{ForPeople: true},
			Deadline: shortDeadline, Produces: produces, endpoint: pageFile(of)}
	}
	index := files("Page", "/api/", []string{mediaHTML}, func(p *page.Page, _ *exchange) (page.File, error) {
		return p.Index(), nil
	})
	index.CatchAll = true
	return []Route{
		index,
		files("Docs", "/api/docs", []string{mediaHTML}, func(p *page.Page, _ *exchange) (page.File, error) {
			return p.Docs()
		}),
		files("PageFile", "/api/page/{file}", page.MediaTypes(), func(p *page.Page, x *exchange) (page.File, error) {
			if file, ok := p.Static(x.name); ok {
				return file, nil
			}
			return page.File{}, routeNotFound()
		}),
		{Method: http.MethodGet, Path: "/api", Anonymous: true, Deadline: shortDeadline,
			Produces: []string{mediaText}, endpoint: (*Server).toPage},
	}
}

// pageFile answers with a file of the page, or with a 404 if there is no page.
func pageFile(of func(*page.Page, *exchange) (page.File, error)) endpoint {
	return func(s *Server, _ context.Context, x *exchange) (*answer.Answer, error) {
		if s.page == nil {
			return nil, routeNotFound()
		}
		file, err := of(s.page, x)
		if err != nil {
			return nil, err
		}
		if _, err := request.Query(x.request.URL.RawQuery); err != nil {
			return nil, err
		}
		header := file.Header.Clone() // the pipeline adds to it
		return &answer.Answer{Status: http.StatusOK, MediaType: file.MediaType, Header: header,
			Body: answer.Bytes(file.Body)}, nil
	}
}

// toPage redirects from the page's address without its last slash to the page. The page uses
// relative addresses, so that they work behind a gateway too; they need that slash.
func (s *Server) toPage(_ context.Context, _ *exchange) (*answer.Answer, error) {
	if s.page == nil {
		return nil, routeNotFound()
	}
	return &answer.Answer{Status: http.StatusPermanentRedirect, MediaType: mediaText,
		Header: http.Header{"Location": {"api/"}}, Body: answer.Bytes([]byte("api/\n"))}, nil
}

func routeNotFound() error {
	return &signing.Error{Kind: signing.NotFound, Code: "route_not_found", Detail: "there is nothing under this path"}
}

// newPage makes the page; nil = there is none.
func newPage(config *page.Config, description []byte) *page.Page {
	if config == nil {
		return nil
	}
	made, err := page.New(*config, description, reportStyle())
	if err != nil {
		panic("internal error: " + err.Error()) // its parts are embedded in the program
	}
	return made
}

// reportStyle is the Content-Security-Policy source of the one style sheet of a report, as the
// report's own policy names it.
func reportStyle() string {
	_, rest, _ := strings.Cut(report.Policy(), "style-src ")
	source, _, _ := strings.Cut(rest, ";")
	return source
}
