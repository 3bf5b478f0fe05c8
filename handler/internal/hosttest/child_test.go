package hosttest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain makes the test binary its own custom handler: the host under test starts it again with
// HOSTTEST_CHILD set.
func TestMain(m *testing.M) {
	if role := os.Getenv("HOSTTEST_CHILD"); role != "" {
		child(role)
	}
	os.Exit(m.Run())
}

// seen is what the child reports about a request.
type seen struct {
	Method           string
	URI              string
	Host             string
	Header           http.Header
	Body             string
	Length           int64
	TransferEncoding []string
}

func child(role string) {
	starts, err := os.OpenFile("starts", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		os.Exit(99)
	}
	fmt.Fprintln(starts, os.Getpid())
	starts.Close()
	fmt.Println("child: hello on stdout")
	fmt.Fprintln(os.Stderr, "child: hello on stderr")
	fmt.Fprintln(os.Stderr, "child: a Warning on stderr")

	before, after, _ := strings.Cut(role, "=")
	switch before {
	case "exit":
		code, _ := strconv.Atoi(after)
		os.Exit(code)
	case "mute":
		select {}
	case "failnext": // exits with the code when it has been started before
		if lines, _ := os.ReadFile("starts"); strings.Count(string(lines), "\n") > 1 {
			code, _ := strconv.Atoi(after)
			os.Exit(code)
		}
	case "failfirst": // exits with the code until it has been started more often than twice
		if lines, _ := os.ReadFile("starts"); strings.Count(string(lines), "\n") <= 2 {
			code, _ := strconv.Atoi(after)
			os.Exit(code)
		}
	}
	serveChild(before == "drain")
}

func serveChild(drain bool) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(98)
	}
	server := &http.Server{Handler: http.HandlerFunc(answer)}
	if drain {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		go func() {
			<-ctx.Done()
			server.Shutdown(context.Background())
			fmt.Println("child: drained")
			os.Exit(0)
		}()
		server.Serve(listener)
		select {}
	}
	server.Serve(listener)
}

// payload reports its input in the payload mode, and does what the message says.
func payload(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	fmt.Printf("child: %s %s %s\n", r.Method, r.URL.Path, text)
	switch {
	case strings.Contains(string(text), "always fails"):
		w.WriteHeader(http.StatusInternalServerError)
	case strings.HasPrefix(os.Getenv("HOSTTEST_CHILD"), "failnext"):
		os.Exit(1)
	case strings.Contains(string(text), "kills once") && strings.Contains(string(text), `"DequeueCount":"1"`):
		os.Exit(1)
	case strings.Contains(string(text), "answers nothing"):
	default:
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"Outputs":{},"Logs":[],"ReturnValue":null}`)
	}
}

// answer does what the header X-Do says, or reports the request.
func answer(w http.ResponseWriter, r *http.Request) {
	do, value, _ := strings.Cut(r.Header.Get("X-Do"), "=")
	if r.URL.Path == "/" {
		fmt.Println("child: probe", len(r.Header.Values("X-Azure-Functions-InvocationId")), r.Method)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	if r.URL.Path == "/Work" || r.URL.Path == "/Tick" {
		payload(w, r)
		return
	}
	switch do {
	case "exit":
		code, _ := strconv.Atoi(value)
		os.Exit(code)
	case "status":
		code, _ := strconv.Atoi(value)
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		w.Header().Set("X-Answer", "kept")
		w.WriteHeader(code)
		return
	case "environment":
		json.NewEncoder(w).Encode(os.Environ())
		return
	case "directory":
		directory, _ := os.Getwd()
		fmt.Fprint(w, directory, " ", strings.Join(os.Args[1:], "|"))
		return
	case "long": // a line of more than a MiB, a line with CR, and one that does not end
		fmt.Print(strings.Repeat("x", 1<<20+10), "\nwith CR\r\nno end")
		os.Exit(200)
	case "hang":
		fmt.Println("child: hanging")
		<-r.Context().Done()
		fmt.Println("child: let go")
		return
	case "finish": // answers when the file named in the header exists, unless the host hangs up before
		fmt.Println("child: waiting")
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for _, err := os.Stat(value); err != nil; _, err = os.Stat(value) {
			select {
			case <-r.Context().Done():
				fmt.Println("child: let go")
				return
			case <-ticker.C:
			}
		}
		fmt.Println("child: finished")
		fmt.Fprint(w, "finished")
		return
	case "stream": // echoes each byte as it comes
		http.NewResponseController(w).EnableFullDuplex()
		buffer := make([]byte, 1)
		for {
			if n, err := r.Body.Read(buffer); n == 1 {
				w.Write(buffer)
				http.NewResponseController(w).Flush()
			} else if err != nil {
				return
			}
		}
	case "hop":
		w.Header().Set("Connection", "X-Private")
		w.Header().Set("X-Private", "secret")
		w.Header().Set("Keep-Alive", "timeout=5")
		w.Header().Set("X-Public", "shown")
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	json.NewEncoder(w).Encode(seen{r.Method, r.RequestURI, r.Host, r.Header, string(content), r.ContentLength,
		r.TransferEncoding})
}
