// Logs: written as CRI lines and rotated, read by the kubelet's own code.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"sync"
	"time"

	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-client/pkg/logs"
)

const (
	longestLine = 16 << 10 // containerd's: what is longer becomes several partial lines
	rotatedKept = 4
)

type logFile struct {
	mu      sync.Mutex
	path    string
	largest int64
	file    *os.File
	size    int64
	rests   map[string][]byte // what has come of a line that has not ended, by stream
}

func openLog(path string, largest int64) (*logFile, error) {
	l := &logFile{path: path, largest: largest, rests: map[string][]byte{}}
	return l, l.open()
}

func (l *logFile) open() (err error) {
	l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	l.size = 0
	return err
}

func (l *logFile) writer(stream string) io.Writer { return logWriter{l, stream} }

type logWriter struct {
	log    *logFile
	stream string
}

func (w logWriter) Write(data []byte) (int, error) {
	l := w.log
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := append(l.rests[w.stream], data...)
	for {
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end >= 0 && end <= longestLine:
			l.write(w.stream, "F", rest[:end])
			rest = rest[end+1:]
		case len(rest) > longestLine:
			l.write(w.stream, "P", rest[:longestLine])
			rest = rest[longestLine:]
		default:
			l.rests[w.stream] = append([]byte{}, rest...)
			return len(data), nil
		}
	}
}

func (l *logFile) write(stream, tag string, text []byte) {
	if l.size > l.largest {
		l.rotateLocked()
	}
	line := fmt.Appendf(nil, "%s %s %s %s\n", time.Now().UTC().Format(logs.RFC3339NanoFixed), stream, tag, text)
	written, _ := l.file.Write(line)
	l.size += int64(written)
}

// rotate renames the file and begins another, as the kubelet does; the oldest go.
func (l *logFile) rotate() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rotateLocked()
}

func (l *logFile) rotateLocked() {
	l.file.Close()
	os.Rename(l.path, l.path+"."+time.Now().UTC().Format("20060102-150405.000000000"))
	l.open()
	old, _ := filepath.Glob(l.path + ".*")
	sort.Strings(old)
	for len(old) > rotatedKept {
		os.Remove(old[0])
		old = old[1:]
	}
}

func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for stream, rest := range l.rests {
		if len(rest) > 0 {
			l.write(stream, "F", rest)
		}
	}
	l.file.Close()
}

// serveLogs answers containerLogs; the first byte of the answer comes with the first byte of the log.
func (c *Container) serveLogs(w http.ResponseWriter, r *http.Request) {
	options, err := readLogOptions(r.URL.Query())
	if err == nil {
		err = c.chooseLog(r.URL.Query().Get("previous") == "true", &options)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	flushed := flushWriter{w, http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/plain")
	if err := logs.ReadLogs(r.Context(), options.path, options.restart, &options.LogOptions, lifeOf{container: c}, flushed, flushed); err != nil && r.Context().Err() == nil {
		fmt.Println("logs:", err)
	}
}

type logChoice struct {
	logs.LogOptions
	path, restart string
}

func (c *Container) chooseLog(isPrevious bool, options *logChoice) error {
	k := c.pod.kubelet
	k.mu.Lock()
	defer k.mu.Unlock()
	name, restart := c.spec.Name, c.restarts
	if c.process == nil && c.waiting == "ContainerCreating" || c.waiting == "ErrImagePull" {
		return fmt.Errorf("container %q in pod %q is waiting to start: %s", name, c.pod.object.Metadata.Name, c.waiting)
	}
	if isPrevious {
		restart--
	}
	if restart < 0 || isPrevious && c.last == nil {
		return fmt.Errorf("previous terminated container %q in pod %q not found", name, c.pod.object.Metadata.Name)
	}
	options.path, options.restart = c.logPath(restart), strconv.Itoa(restart)
	return nil
}

func readLogOptions(query url.Values) (options logChoice, err error) {
	options.Follow = query.Get("follow") == "true"
	options.Timestamp = query.Get("timestamps") == "true"
	for name, into := range map[string]**int64{"tailLines": &options.TailLines, "limitBytes": &options.LimitBytes} {
		if text := query.Get(name); text != "" {
			number, failure := strconv.ParseInt(text, 10, 64)
			if failure != nil {
				return options, failure
			}
			*into = &number
		}
	}
	if text := query.Get("sinceSeconds"); text != "" {
		seconds, failure := strconv.ParseInt(text, 10, 64)
		options.Since, err = time.Now().Add(-time.Duration(seconds)*time.Second), failure
	} else if text := query.Get("sinceTime"); text != "" {
		options.Since, err = time.Parse(time.RFC3339, text)
	}
	return options, err
}

// lifeOf tells the kubelet's code whether the container still runs; its identifier is the restart count.
type lifeOf struct {
	internalapi.RuntimeService
	container *Container
}

func (l lifeOf) ContainerStatus(_ context.Context, restart string, _ bool) (*runtimeapi.ContainerStatusResponse, error) {
	k := l.container.pod.kubelet
	k.mu.Lock()
	defer k.mu.Unlock()
	state := runtimeapi.ContainerState_CONTAINER_EXITED
	if l.container.process != nil && strconv.Itoa(l.container.restarts) == restart {
		state = runtimeapi.ContainerState_CONTAINER_RUNNING
	}
	return &runtimeapi.ContainerStatusResponse{Status: &runtimeapi.ContainerStatus{State: state}}, nil
}

type flushWriter struct {
	io.Writer
	flusher *http.ResponseController
}

func (w flushWriter) Write(data []byte) (int, error) {
	written, err := w.Writer.Write(data)
	w.flusher.Flush()
	return written, err
}
