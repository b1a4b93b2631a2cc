// Container: one process after the other, with a log each, a standard input and those who are attached.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
)

// Container is guarded by the kubelet's lock.
type Container struct {
	pod      *Pod
	kind     string // init, main or ephemeral
	spec     containerSpec
	folder   string // its working folder, and the mark of its processes
	restarts int
	process  *exec.Cmd // nil where it does not run
	terminal *os.File  // the terminal's master, where it has one
	stdin    io.WriteCloser
	began    time.Time
	waiting  string // why it does not run yet
	message  string
	last     *ending
	isOver   bool // it will not be started again
	log      *logFile
	output   *fanOut
	done     chan struct{} // closed when the process has ended
}

type ending struct {
	code, signal    int
	began, ended    time.Time
	reason, message string
}

func newContainer(pod *Pod, kind string, spec containerSpec) *Container {
	c := &Container{pod: pod, kind: kind, spec: spec, waiting: "ContainerCreating", output: &fanOut{}}
	c.folder = filepath.Join(pod.folder, spec.Name)
	os.MkdirAll(filepath.Join(c.folder, "logs"), 0o755)
	os.MkdirAll(c.root(), 0o755)
	return c
}

func (c *Container) root() string { return filepath.Join(c.folder, "root") }
func (c *Container) logPath(restart int) string {
	return filepath.Join(c.folder, "logs", fmt.Sprintf("%d.log", restart))
}
func (c *Container) id() string {
	return fmt.Sprintf("%s-%s-%d", c.pod.object.Metadata.UID, c.spec.Name, c.restarts)
}

// run starts the process, again as long as `again` says so of its exit code, and gives the last exit code.
func (c *Container) run(again func(code int) bool) int {
	for {
		code := c.runOnce()
		k := c.pod.kubelet
		k.mu.Lock()
		if c.pod.isEnding || c.pod.isExpired || !again(code) {
			c.isOver = true
			k.mu.Unlock()
			c.pod.touch()
			return code
		}
		c.waiting, c.message = "CrashLoopBackOff", "back-off restarting failed container"
		k.mu.Unlock()
		c.pod.touch()
		time.Sleep(k.options.backoff)
		k.mu.Lock()
		c.restarts++
		k.mu.Unlock()
	}
}

func (c *Container) runOnce() int {
	k := c.pod.kubelet
	began := time.Now()
	if strings.Contains(c.spec.Image, "absent") { // an image that no registry has
		k.mu.Lock()
		c.waiting, c.message = "ErrImagePull", "failed to pull and unpack image: not found"
		k.mu.Unlock()
		c.pod.touch()
		for !c.pod.ends() {
			time.Sleep(50 * time.Millisecond)
		}
		return 1
	}
	wait, err := c.start()
	if err != nil {
		k.mu.Lock()
		c.waiting = ""
		c.last = &ending{128, 0, began, time.Now(), "StartError", err.Error()}
		k.mu.Unlock()
		return 128
	}
	c.pod.touch()
	code, signal := wait()
	k.mu.Lock()
	c.process, c.terminal, c.stdin = nil, nil, nil
	c.last = &ending{code: code, signal: signal, began: began, ended: time.Now()}
	close(c.done)
	k.mu.Unlock()
	killMarked(c.folder) // what it has left behind, and what was started in it by exec
	return code
}

func (p *Pod) ends() bool {
	p.kubelet.mu.Lock()
	defer p.kubelet.mu.Unlock()
	return p.isEnding || p.isExpired
}

// start gives a function that waits for the end.
func (c *Container) start() (wait func() (code, signal int), err error) {
	k := c.pod.kubelet
	k.mu.Lock()
	defer k.mu.Unlock()
	process, err := c.build(c.command())
	if err != nil {
		return nil, err
	}
	file, err := openLog(c.logPath(c.restarts), k.options.largestLog)
	if err != nil {
		return nil, err
	}
	var pumps sync.WaitGroup
	pump := func(stream string, from io.Reader) {
		pumps.Add(1)
		go func() {
			defer pumps.Done()
			io.Copy(io.MultiWriter(file.writer(stream), c.output.writer(stream)), from)
		}()
	}
	if c.spec.TTY {
		if c.terminal, err = pty.Start(process); err != nil {
			return nil, err
		}
		c.stdin = c.terminal
		pump("stdout", c.terminal)
	} else if err = c.startWithPipes(process, pump); err != nil {
		return nil, err
	}
	c.process, c.began, c.waiting, c.log = process, time.Now(), "", file
	c.done = make(chan struct{})
	terminal := c.terminal
	return func() (int, int) {
		process.Wait()
		waitFor(&pumps, 500*time.Millisecond)
		file.close()
		if terminal != nil {
			terminal.Close()
		}
		return exitCode(process.ProcessState)
	}, nil
}

func (c *Container) startWithPipes(process *exec.Cmd, pump func(string, io.Reader)) error {
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return err
	}
	errRead, errWrite, err := os.Pipe()
	if err != nil {
		return err
	}
	process.Stdout, process.Stderr = outWrite, errWrite
	if c.spec.Stdin {
		if c.stdin, err = process.StdinPipe(); err != nil {
			return err
		}
	}
	err = process.Start()
	outWrite.Close()
	errWrite.Close()
	if err == nil {
		pump("stdout", outRead)
		pump("stderr", errRead)
	}
	return err
}

// command is what the image would run where the pod does not say: a shell for a person, else nothing that ends.
func (c *Container) command() []string {
	command := append(append([]string{}, c.spec.Command...), c.spec.Args...)
	if len(command) > 0 {
		return command
	}
	if c.spec.Stdin {
		return []string{"sh"}
	}
	return []string{"sleep", "infinity"}
}

// build makes a command in the container's folder and environment, with the container's mark.
func (c *Container) build(command []string) (*exec.Cmd, error) {
	environment := map[string]string{
		"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": c.root(), "LANG": "C.UTF-8",
		"HOSTNAME": c.pod.object.Metadata.Name, "TERM": "xterm",
	}
	for _, one := range c.spec.Env {
		environment[one.Name] = one.Value
	}
	environment[mark] = c.folder
	path, err := c.findProgram(command[0], environment["PATH"])
	if err != nil {
		return nil, err
	}
	process := &exec.Cmd{Path: path, Args: command, Dir: c.root()}
	if c.spec.WorkingDir != "" {
		process.Dir = c.spec.WorkingDir
	}
	for name, value := range environment {
		process.Env = append(process.Env, name+"="+value)
	}
	process.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return process, nil
}

// findProgram looks along the container's own PATH; an image called distroless has nothing but what a test puts there.
func (c *Container) findProgram(name, path string) (string, error) {
	const start = "OCI runtime exec failed: exec failed: unable to start container process: exec: "
	isBare := strings.Contains(c.spec.Image, "distroless")
	if strings.Contains(name, "/") {
		if _, err := os.Stat(name); err != nil || isBare {
			return "", fmt.Errorf(start+"%q: stat %s: no such file or directory", name, name)
		}
		return name, nil
	}
	if isBare && c.process == nil && name == "sleep" { // its own program
		isBare = false
	}
	for _, folder := range filepath.SplitList(path) {
		full := filepath.Join(folder, name)
		if found, err := os.Stat(full); err == nil && found.Mode()&0o111 != 0 && !found.IsDir() && !isBare {
			return full, nil
		}
	}
	return "", fmt.Errorf(start+"%q: executable file not found in $PATH", name)
}

func (c *Container) isRunning() bool {
	c.pod.kubelet.mu.Lock()
	defer c.pod.kubelet.mu.Unlock()
	return c.process != nil
}

func (c *Container) signal(number syscall.Signal) {
	c.pod.kubelet.mu.Lock()
	defer c.pod.kubelet.mu.Unlock()
	if c.process != nil {
		c.process.Process.Signal(number)
	}
}

func exitCode(state *os.ProcessState) (code, signal int) {
	status, _ := state.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal()), int(status.Signal())
	}
	return status.ExitStatus(), 0
}

// waitFor waits for the end of output; a process in the background may hold it open for ever.
func waitFor(group *sync.WaitGroup, patience time.Duration) {
	ended := make(chan struct{})
	go func() { group.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
	}
}
