package server

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// negotiate chooses the media type that the request prefers among those that a route produces: RFC
// 9110, section 12.5.1. Without a preference it is the first.
func negotiate(header http.Header, produces []string) (string, error) {
	accept := strings.Join(header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return produces[0], nil
	}
	best, bestQuality := "", 0.0
	for _, media := range produces {
		if quality := acceptable(accept, media); quality > bestQuality {
			best, bestQuality = media, quality
		}
	}
	if best == "" {
		return "", notAcceptable(produces)
	}
	return best, nil
}

// acceptable is the quality, 0 to 1, that the most specific range of an Accept field gives a media
// type. A malformed range counts as none.
func acceptable(accept, media string) float64 {
	kind, _, _ := strings.Cut(media, "/")
	quality, specificity := 0.0, 0
	for part := range strings.SplitSeq(accept, ",") {
		name, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		rank := map[string]int{"*/*": 1, kind + "/*": 2, media: 3}[name]
		if rank <= specificity {
			continue
		}
		q := 1.0
		if text, ok := parameters["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		quality, specificity = q, rank
	}
	return quality
}
