// Status: what the API server is told of a pod whenever something of it has changed.
package main

import (
	"encoding/json"
	"log"
	"time"
)

// touch says that something changed; many changes at once are one report.
func (p *Pod) touch() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// reportStatus sends the status after each change until the pod is gone.
func (p *Pod) reportStatus() {
	last := ""
	p.touch()
	for range p.changed {
		p.kubelet.mu.Lock()
		isKnown := p.kubelet.pods[p.object.Metadata.UID] == p
		status := p.status()
		p.kubelet.mu.Unlock()
		if !isKnown {
			return
		}
		encoded, _ := json.Marshal(status)
		if string(encoded) == last {
			continue
		}
		if err := p.kubelet.api.patchStatus(p.object.Metadata, status); err != nil {
			log.Print("status: ", err)
			time.AfterFunc(200*time.Millisecond, p.touch)
			continue
		}
		last = string(encoded)
	}
}

func (p *Pod) status() map[string]any {
	lists := map[string][]map[string]any{"init": {}, "main": {}, "ephemeral": {}}
	for _, c := range p.containers {
		lists[c.kind] = append(lists[c.kind], c.status())
	}
	phase, reason := p.phase()
	isReady := phase == "Running" && !p.isEnding
	for _, c := range p.containers {
		isReady = isReady && (c.kind != "main" || c.process != nil)
	}
	status := map[string]any{
		"phase": phase, "hostIP": "127.0.0.1", "podIP": "127.0.0.1",
		"hostIPs": []any{map[string]any{"ip": "127.0.0.1"}}, "podIPs": []any{map[string]any{"ip": "127.0.0.1"}},
		"startTime":                  timestamp(p.started),
		"initContainerStatuses":      lists["init"],
		"containerStatuses":          lists["main"],
		"ephemeralContainerStatuses": lists["ephemeral"],
		"conditions": []any{
			p.condition("PodScheduled", true), p.condition("Initialized", phase != "Pending"),
			p.condition("ContainersReady", isReady), p.condition("Ready", isReady),
		},
	}
	if reason != "" {
		status["reason"], status["message"] = reason, "Pod was active on the node longer than the specified deadline"
	}
	return status
}

func (p *Pod) phase() (phase, reason string) {
	if p.isExpired {
		return "Failed", "DeadlineExceeded"
	}
	started, ended, failed, total := 0, 0, 0, 0
	for _, c := range p.containers {
		if c.kind == "init" && c.isOver && c.last.code != 0 {
			return "Failed", ""
		}
		if c.kind != "main" {
			continue
		}
		total++
		if c.process != nil || c.last != nil {
			started++
		}
		if c.isOver {
			ended++
			if c.last == nil || c.last.code != 0 {
				failed++
			}
		}
	}
	switch {
	case ended == total && failed > 0:
		return "Failed", ""
	case ended == total:
		return "Succeeded", ""
	case started > 0:
		return "Running", ""
	}
	return "Pending", ""
}

func (p *Pod) condition(kind string, isTrue bool) map[string]any {
	status := map[bool]string{true: "True", false: "False"}[isTrue]
	return map[string]any{"type": kind, "status": status, "lastTransitionTime": timestamp(p.started)}
}

func (c *Container) status() map[string]any {
	status := map[string]any{
		"name": c.spec.Name, "image": c.spec.Image, "imageID": c.spec.Image, "restartCount": c.restarts,
		"ready": c.process != nil, "started": c.process != nil, "containerID": "processes://" + c.id(),
	}
	switch {
	case c.process != nil:
		status["state"] = map[string]any{"running": map[string]any{"startedAt": timestamp(c.began)}}
	case c.waiting != "":
		status["state"] = map[string]any{"waiting": map[string]any{"reason": c.waiting, "message": c.message}}
	case c.last != nil:
		status["state"] = c.last.state()
	}
	if c.last != nil && (c.process != nil || c.waiting != "") {
		status["lastState"] = c.last.state()
	}
	return status
}

func (e *ending) state() map[string]any {
	state := map[string]any{
		"exitCode": e.code, "reason": map[bool]string{true: "Completed", false: "Error"}[e.code == 0],
		"startedAt": timestamp(e.began), "finishedAt": timestamp(e.ended),
	}
	if e.signal != 0 {
		state["signal"] = e.signal
	}
	if e.reason != "" {
		state["reason"], state["message"] = e.reason, e.message
	}
	return map[string]any{"terminated": state}
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
