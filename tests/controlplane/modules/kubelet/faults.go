// Faults: connections that are cut or stand still, answers that are slow, upgrades that are refused.
package main

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Faults are those in force; the zero value is none.
type Faults struct {
	mu          sync.Mutex
	moved       *sync.Cond
	stall       bool
	refuse      string // "websocket", "all" or nothing: which upgrades are refused
	delay       time.Duration
	connections map[net.Conn]bool
}

func newFaults() *Faults {
	f := &Faults{connections: map[net.Conn]bool{}}
	f.moved = sync.NewCond(&f.mu)
	return f
}

func (f *Faults) set(stall bool, refuse string, delay time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stall, f.refuse, f.delay = stall, refuse, delay
	f.moved.Broadcast()
}

// cut closes all connections at once, without a word.
func (f *Faults) cut() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for one := range f.connections {
		one.(*faultyConnection).TCPConn.SetLinger(0)
		one.Close()
	}
	cut := len(f.connections)
	f.connections = map[net.Conn]bool{}
	f.moved.Broadcast()
	return cut
}

func (f *Faults) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		delay, refuse := f.delay, f.refuse
		f.mu.Unlock()
		time.Sleep(delay)
		upgrade := strings.ToLower(r.Header.Get("Upgrade"))
		if upgrade != "" && (refuse == "all" || refuse == upgrade) {
			http.Error(w, "upgrades are refused", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (f *Faults) listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	return faultyListener{listener, f}, err
}

type faultyListener struct {
	net.Listener
	faults *Faults
}

func (l faultyListener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	one := &faultyConnection{accepted.(*net.TCPConn), l.faults}
	l.faults.mu.Lock()
	l.faults.connections[one] = true
	l.faults.mu.Unlock()
	return one, nil
}

type faultyConnection struct {
	*net.TCPConn
	faults *Faults
}

func (c *faultyConnection) wait() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	for c.faults.stall && c.faults.connections[c] {
		c.faults.moved.Wait()
	}
}

func (c *faultyConnection) Read(data []byte) (int, error) {
	read, err := c.TCPConn.Read(data)
	c.wait()
	return read, err
}

func (c *faultyConnection) Write(data []byte) (int, error) {
	c.wait()
	return c.TCPConn.Write(data)
}

func (c *faultyConnection) Close() error {
	go func() { // cut holds the lock
		c.faults.mu.Lock()
		defer c.faults.mu.Unlock()
		delete(c.faults.connections, c)
		c.faults.moved.Broadcast()
	}()
	return c.TCPConn.Close()
}
