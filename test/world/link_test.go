package world

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// echo sends back what each connection says, until it ends.
func echo(t *testing.T, l net.Listener) {
	t.Helper()
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn) // until the client has said all
				_ = conn.Close()
			}()
		}
	}()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestALinkTakesItsRoundTrips: one for a message and its answer, others for opening the connection, be
// this program the server or the client. A client knows whom it talks to, and learns that nothing follows.
func TestALinkTakesItsRoundTrips(t *testing.T) {
	const roundTrip = 30 * time.Millisecond
	for _, exact := range []bool{true, false} {
		link := Link{RoundTrip: roundTrip, Opening: 2, Exact: exact}
		far, plain := link.Listen(listen(t)), listen(t)
		echo(t, far)
		echo(t, plain)
		for name, dial := range map[string]func() (net.Conn, error){
			"the server's end": func() (net.Conn, error) { return net.Dial("tcp", far.Addr().String()) },
			"the client's end": func() (net.Conn, error) {
				conn, err := net.Dial("tcp", plain.Addr().String())
				return link.Over(conn), err
			},
		} {
			conn, err := dial()
			if err != nil {
				t.Fatal(err)
			}
			for _, least := range []time.Duration{3 * roundTrip, roundTrip} {
				began := time.Now()
				if _, err := io.WriteString(conn, "ping"); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took < least {
					t.Errorf("%s: took %s, want at least %s", name, took, least)
				}
			}
			if host, _, err := net.SplitHostPort(conn.RemoteAddr().String()); err != nil || host != "127.0.0.1" {
				t.Errorf("%s is at %s, %v", name, conn.RemoteAddr(), err)
			}
			if half, ok := conn.(*net.TCPConn); ok {
				_ = half.CloseWrite()
				if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("%s: after the end: %v", name, err)
				}
			}
			_ = conn.Close()
		}
		if n := far.Opened.Load(); n != 1 {
			t.Errorf("%d connections were opened, want 1", n)
		}
	}
}

// TestALinkDeliversAnAnswerThatComesBeforeTheEndOfTheQuestion, from a server that has closed meanwhile.
func TestALinkDeliversAnAnswerThatComesBeforeTheEndOfTheQuestion(t *testing.T) {
	far := Link{RoundTrip: 30 * time.Millisecond}.Listen(listen(t))
	defer far.Close()
	go func() {
		conn, err := far.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 1))
		_, _ = io.WriteString(conn, "no")
		_ = conn.Close()
	}()
	conn, err := net.Dial("tcp", far.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		for range 100 {
			_, _ = io.WriteString(conn, "x") // the server does not listen any more
			time.Sleep(time.Millisecond)
		}
	}()
	if answer, err := io.ReadAll(conn); err != nil || string(answer) != "no" {
		t.Errorf("the answer is %q, %v, want no", answer, err)
	}
}
