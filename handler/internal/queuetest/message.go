package queuetest

import (
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"influxion/handler/internal/guid"
	"influxion/handler/internal/storagetest"
)

const (
	maxMessage      = 64 << 10 // bytes of a message's text
	maxEnvelope     = 1 << 20  // bytes of the XML around it
	maxPerCall      = 32       // messages that one call may take
	maxVisibility   = 7 * 24 * time.Hour
	visibility      = 30 * time.Second
	messageLifetime = 7 * 24 * time.Hour
)

// message is one message.
type message struct {
	id, receipt, text          string
	inserted, expires, visible time.Time
	dequeued                   int
}

// messageXML is a message in an answer.
type messageXML struct {
	XMLName         xml.Name `xml:"QueueMessage"`
	MessageID       string   `xml:"MessageId"`
	InsertionTime   string
	ExpirationTime  string
	PopReceipt      string
	TimeNextVisible string
	DequeueCount    int    `xml:",omitempty"`
	MessageText     string `xml:",omitempty"`
}

func (m *message) xml(dequeued bool) messageXML {
	out := messageXML{MessageID: m.id, InsertionTime: m.inserted.Format(http.TimeFormat),
		ExpirationTime: m.expires.Format(http.TimeFormat), PopReceipt: m.receipt,
		TimeNextVisible: m.visible.Format(http.TimeFormat)}
	if dequeued {
		out.DequeueCount, out.MessageText = m.dequeued, m.text
	}
	return out
}

// put adds a message. The caller must hold the lock.
func (s *Server) put(queue, text string, hidden time.Duration) *message {
	now := s.config.Now().UTC()
	m := &message{id: guid.New(), receipt: s.receipt(), text: text, inserted: now, expires: now.Add(messageLifetime),
		visible: now.Add(hidden)}
	s.queues[queue] = append(s.queues[queue], m)
	return m
}

func (s *Server) receipt() string {
	s.serial++
	return "receipt+/" + strconv.Itoa(s.serial) + "=" // to be escaped in a query
}

// putMessage implements Put Message.
func (s *Server) putMessage(w http.ResponseWriter, r *http.Request, queue string, lost bool) {
	var in struct {
		XMLName     xml.Name `xml:"QueueMessage"`
		MessageText string
	}
	if err := xml.NewDecoder(io.LimitReader(r.Body, maxEnvelope)).Decode(&in); err != nil {
		storagetest.Problem(w, http.StatusBadRequest, "InvalidXmlDocument")
		return
	}
	hidden, ok := seconds(r, "visibilitytimeout", 0)
	switch {
	case !ok:
		storagetest.Problem(w, http.StatusBadRequest, "OutOfRangeQueryParameterValue")
		return
	case len(in.MessageText) > maxMessage:
		storagetest.Problem(w, http.StatusRequestEntityTooLarge, "RequestBodyTooLarge")
		return
	}
	m := s.put(queue, in.MessageText, hidden)
	if lost {
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusCreated, []messageXML{m.xml(false)})
}

// getMessages implements Get Messages: the returned messages are invisible to others for a time.
func (s *Server) getMessages(w http.ResponseWriter, r *http.Request, queue string) {
	count := 1
	if text := r.URL.Query().Get("numofmessages"); text != "" {
		count, _ = strconv.Atoi(text)
	}
	hidden, ok := seconds(r, "visibilitytimeout", visibility)
	if !ok || count < 1 || count > maxPerCall || hidden < time.Second {
		storagetest.Problem(w, http.StatusBadRequest, "OutOfRangeQueryParameterValue")
		return
	}
	now := s.config.Now().UTC()
	s.queues[queue] = slices.DeleteFunc(s.queues[queue], func(m *message) bool { return now.After(m.expires) })
	var taken []messageXML
	for _, m := range s.queues[queue] {
		if len(taken) == count {
			break
		}
		if !m.visible.After(now) {
			m.dequeued++
			m.receipt, m.visible = s.receipt(), now.Add(hidden)
			taken = append(taken, m.xml(true))
		}
	}
	answer(w, http.StatusOK, taken)
}

// updateMessage implements Update Message: it sets when the message becomes visible again.
func (s *Server) updateMessage(w http.ResponseWriter, r *http.Request, queue, id string) {
	at, ok := s.find(w, r, queue, id)
	if !ok {
		return
	}
	hidden, ok := seconds(r, "visibilitytimeout", 0)
	if !ok {
		storagetest.Problem(w, http.StatusBadRequest, "OutOfRangeQueryParameterValue")
		return
	}
	m := s.queues[queue][at]
	m.receipt, m.visible = s.receipt(), s.config.Now().UTC().Add(hidden)
	w.Header().Set("X-Ms-Popreceipt", m.receipt)
	w.Header().Set("X-Ms-Time-Next-Visible", m.visible.Format(http.TimeFormat))
	w.WriteHeader(http.StatusNoContent)
}

// deleteMessage implements Delete Message.
func (s *Server) deleteMessage(w http.ResponseWriter, r *http.Request, queue, id string) {
	at, ok := s.find(w, r, queue, id)
	if !ok {
		return
	}
	s.queues[queue] = slices.Delete(s.queues[queue], at, at+1)
	w.WriteHeader(http.StatusNoContent)
}

// seconds reads a time in seconds from the query.
func seconds(r *http.Request, name string, otherwise time.Duration) (time.Duration, bool) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, true
	}
	n, err := strconv.Atoi(text)
	length := time.Duration(n) * time.Second
	return length, err == nil && n >= 0 && length <= maxVisibility
}

func answer(w http.ResponseWriter, status int, messages []messageXML) {
	body, err := xml.Marshal(struct {
		XMLName  xml.Name `xml:"QueueMessagesList"`
		Messages []messageXML
	}{Messages: messages})
	if err != nil {
		panic("internal error: a list that is not XML")
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), body...))
}
