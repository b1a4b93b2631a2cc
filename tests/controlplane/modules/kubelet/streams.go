// Streams of exec, attach and port-forward. As with containerd, a terminal's process outlives a client that is cut off.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/creack/pty"
	rc "k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// Streams implements what the streaming library asks of a runtime, for one container.
type Streams struct{ container *Container }

// ExecInContainer runs a command until it ends, whatever becomes of the client.
func (s Streams) ExecInContainer(_ context.Context, _, _, _ string, command []string, in io.Reader, out, errw io.WriteCloser, tty bool, resize <-chan rc.TerminalSize, _ time.Duration) error {
	k := s.container.pod.kubelet
	k.mu.Lock()
	process, err := s.container.build(command)
	k.mu.Unlock()
	if err != nil {
		return fmt.Errorf("failed to exec in container: failed to start exec: %w", err)
	}
	if tty {
		err = runInTerminal(process, in, out, resize)
	} else {
		err = runWithPipes(process, in, out, errw)
	}
	if err != nil {
		return err
	}
	if code, _ := exitCode(process.ProcessState); code != 0 {
		return utilexec.CodeExitError{Err: fmt.Errorf("exit status %d", code), Code: code}
	}
	return nil
}

func runInTerminal(process *exec.Cmd, in io.Reader, out io.Writer, resize <-chan rc.TerminalSize) error {
	terminal, err := pty.Start(process)
	if err != nil {
		return err
	}
	defer terminal.Close()
	go resizeTerminal(terminal, resize)
	if in != nil {
		go io.Copy(terminal, in)
	}
	var output sync.WaitGroup
	output.Add(1)
	go func() { defer output.Done(); copyAll(out, terminal) }()
	process.Wait()
	waitFor(&output, 500*time.Millisecond)
	return nil
}

func runWithPipes(process *exec.Cmd, in io.Reader, out, errw io.Writer) error {
	var output sync.WaitGroup
	for _, one := range []struct {
		to   io.Writer
		into *io.Writer
	}{{out, &process.Stdout}, {errw, &process.Stderr}} {
		read, write, err := os.Pipe()
		if err != nil {
			return err
		}
		defer read.Close()
		defer write.Close()
		*one.into = write
		output.Add(1)
		go func() { defer output.Done(); copyAll(one.to, read) }()
	}
	if in != nil {
		stdin, err := process.StdinPipe()
		if err != nil {
			return err
		}
		go func() { io.Copy(stdin, in); stdin.Close() }()
	}
	if err := process.Start(); err != nil {
		return err
	}
	process.Stdout.(*os.File).Close()
	process.Stderr.(*os.File).Close()
	process.Wait()
	waitFor(&output, 500*time.Millisecond)
	return nil
}

// copyAll goes on reading when nobody takes it any more, so that the process does not stand still.
func copyAll(to io.Writer, from io.Reader) {
	if to != nil {
		io.Copy(to, from)
	}
	io.Copy(io.Discard, from)
}

func resizeTerminal(terminal *os.File, sizes <-chan rc.TerminalSize) {
	for size := range sizes {
		pty.Setsize(terminal, &pty.Winsize{Rows: size.Height, Cols: size.Width})
	}
}

// AttachContainer joins the container's own streams, from now on.
func (s Streams) AttachContainer(_ context.Context, _, _, _ string, in io.Reader, out, errw io.WriteCloser, tty bool, resize <-chan rc.TerminalSize) error {
	c := s.container
	k := c.pod.kubelet
	k.mu.Lock()
	stdin, terminal, done := c.stdin, c.terminal, c.done
	k.mu.Unlock()
	detached := make(chan struct{})
	var once sync.Once
	detach := func() { once.Do(func() { close(detached) }) }
	leave := c.output.join(out, errw, detach)
	defer leave()
	if terminal != nil {
		go resizeTerminal(terminal, resize)
	}
	if in != nil && stdin != nil {
		go func() {
			io.Copy(stdin, in)
			if tty {
				detach()
			} else if c.spec.StdinOnce {
				stdin.Close()
			}
		}()
	}
	select {
	case <-done:
	case <-detached:
	}
	return nil
}

// PortForward connects to a port of this machine.
func (Streams) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	connection, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 5*time.Second)
	if err != nil {
		return err
	}
	defer connection.Close()
	go func() { io.Copy(connection, stream); connection.(*net.TCPConn).CloseWrite() }()
	io.Copy(stream, connection)
	return nil
}

// fanOut hands a container's output to all who are attached.
type fanOut struct {
	mu      sync.Mutex
	members []*member
}

type member struct {
	out, err io.Writer
	leave    func()
}

func (f *fanOut) join(out, err io.Writer, gone func()) (leave func()) {
	one := &member{out, err, gone}
	f.mu.Lock()
	f.members = append(f.members, one)
	f.mu.Unlock()
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for at, other := range f.members {
			if other == one {
				f.members = append(f.members[:at], f.members[at+1:]...)
				return
			}
		}
	}
}

func (f *fanOut) writer(stream string) io.Writer { return fanOutWriter{f, stream} }

type fanOutWriter struct {
	fan    *fanOut
	stream string
}

func (w fanOutWriter) Write(data []byte) (int, error) {
	w.fan.mu.Lock()
	members := append([]*member{}, w.fan.members...)
	w.fan.mu.Unlock()
	for _, one := range members {
		to := one.out
		if w.stream == "stderr" {
			to = one.err
		}
		if to == nil {
			continue
		}
		if _, err := to.Write(data); err != nil {
			one.leave()
		}
	}
	return len(data), nil
}
