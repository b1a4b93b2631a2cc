// Pods: started when they appear on the node, restarted by their policy, ended when they are deleted.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Kubelet holds all pods of the node. Its lock guards them, their containers and what is known of them.
type Kubelet struct {
	options Options
	api     *api
	mu      sync.Mutex
	pods    map[string]*Pod // by UID
}

// Pod is one pod; everything in it is guarded by the kubelet's lock.
type Pod struct {
	kubelet    *Kubelet
	object     podObject
	folder     string
	started    time.Time
	containers []*Container // in the order of the status: init, main, ephemeral
	isEnding   bool
	isExpired  bool // activeDeadlineSeconds are over
	changed    chan struct{}
}

func (k *Kubelet) update(object podObject) {
	k.mu.Lock()
	defer k.mu.Unlock()
	pod := k.pods[object.Metadata.UID]
	if pod == nil {
		if object.Metadata.DeletionTimestamp != nil {
			go k.api.deletePod(object.Metadata) // never started here
			return
		}
		pod = k.newPod(object)
	}
	pod.object = object
	pod.addEphemeral()
	if object.Metadata.DeletionTimestamp != nil && !pod.isEnding {
		pod.isEnding = true
		go pod.end()
	}
}

func (k *Kubelet) newPod(object podObject) *Pod {
	pod := &Pod{
		kubelet: k, object: object, started: time.Now(), changed: make(chan struct{}, 1),
		folder: filepath.Join(k.options.folder, object.Metadata.UID),
	}
	k.pods[object.Metadata.UID] = pod
	for _, spec := range object.Spec.InitContainers {
		pod.add("init", spec)
	}
	for _, spec := range object.Spec.Containers {
		pod.add("main", spec)
	}
	go pod.reportStatus()
	go pod.run()
	if seconds := object.Spec.ActiveDeadlineSeconds; seconds != nil {
		time.AfterFunc(time.Duration(*seconds)*time.Second, pod.expire)
	}
	return pod
}

func (p *Pod) add(kind string, spec containerSpec) *Container {
	c := newContainer(p, kind, spec)
	p.containers = append(p.containers, c)
	return c
}

func (p *Pod) addEphemeral() {
	for _, spec := range p.object.Spec.EphemeralContainers {
		if p.find(spec.Name) == nil && !p.isEnding {
			c := p.add("ephemeral", spec)
			go c.run(func(int) bool { return false })
			p.touch()
		}
	}
}

func (p *Pod) find(name string) *Container {
	for _, c := range p.containers {
		if c.spec.Name == name {
			return c
		}
	}
	return nil
}

// run starts the init containers one after the other, then all others at once.
func (p *Pod) run() {
	policy := p.object.Spec.RestartPolicy
	again := func(code int) bool { return policy == "Always" || (policy == "OnFailure" && code != 0) }
	for _, c := range p.ofKind("init") {
		if code := c.run(func(code int) bool { return code != 0 && policy != "Never" }); code != 0 {
			return
		}
	}
	for _, c := range p.ofKind("main") {
		go c.run(again)
	}
}

func (p *Pod) ofKind(kind string) []*Container {
	p.kubelet.mu.Lock()
	defer p.kubelet.mu.Unlock()
	var found []*Container
	for _, c := range p.containers {
		if c.kind == kind {
			found = append(found, c)
		}
	}
	return found
}

// expire fails a pod whose activeDeadlineSeconds are over.
func (p *Pod) expire() {
	p.kubelet.mu.Lock()
	p.isExpired = true
	p.kubelet.mu.Unlock()
	p.stop(time.Second)
	p.touch()
}

// end stops a deleted pod as its grace period allows, and takes it out of the API server.
func (p *Pod) end() {
	p.touch()
	grace := 30 * time.Second
	if seconds := p.object.Metadata.GracePeriod; seconds != nil {
		grace = time.Duration(*seconds) * time.Second
	}
	p.stop(grace)
	if err := p.kubelet.api.deletePod(p.object.Metadata); err != nil {
		log.Print("delete: ", err)
	}
}

// stop sends SIGTERM, waits for at most the grace period, and kills what is left.
func (p *Pod) stop(grace time.Duration) {
	containers := append(append(p.ofKind("init"), p.ofKind("main")...), p.ofKind("ephemeral")...)
	for _, c := range containers {
		c.signal(syscall.SIGTERM)
	}
	deadline := time.Now().Add(grace)
	for time.Now().Before(deadline) && anyRuns(containers) {
		time.Sleep(20 * time.Millisecond)
	}
	for _, c := range containers {
		killMarked(c.folder)
	}
	for anyRuns(containers) {
		time.Sleep(20 * time.Millisecond)
	}
}

func anyRuns(containers []*Container) bool {
	for _, c := range containers {
		if c.isRunning() {
			return true
		}
	}
	return false
}

func (k *Kubelet) forget(uid string) {
	k.mu.Lock()
	pod := k.pods[uid]
	delete(k.pods, uid)
	if pod != nil {
		pod.isEnding = true
	}
	k.mu.Unlock()
	if pod != nil {
		killMarked(pod.folder)
		pod.touch()
		os.RemoveAll(pod.folder)
	}
}

func (k *Kubelet) forgetOthers(known map[string]bool) {
	k.mu.Lock()
	var gone []string
	for uid := range k.pods {
		if !known[uid] {
			gone = append(gone, uid)
		}
	}
	k.mu.Unlock()
	for _, uid := range gone {
		k.forget(uid)
	}
}

func (k *Kubelet) killAll() { killMarked(k.options.folder) }

// container finds one by the names of a request's path.
func (k *Kubelet) container(namespace, pod, name string) (*Container, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.pods {
		if p.object.Metadata.Namespace == namespace && p.object.Metadata.Name == pod {
			if c := p.find(name); c != nil {
				return c, nil
			}
			return nil, fmt.Errorf("container not found (%q)", name)
		}
	}
	return nil, fmt.Errorf("pod %q not found", pod)
}
