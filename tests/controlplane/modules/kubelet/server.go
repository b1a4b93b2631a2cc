// Server of the kubelet's API, as far as the API server calls it for pods.
package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	pf "k8s.io/cri-streaming/pkg/streaming/portforward"
	rc "k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

const creationTimeout = 30 * time.Second

// Server answers what the API server asks of a node.
type Server struct{ kubelet *Kubelet }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if parts[0] == "healthz" {
		fmt.Fprint(w, "ok")
		return
	}
	if len(parts) < 3 {
		http.NotFound(w, r)
		return
	}
	if parts[0] == "portForward" {
		s.servePortForward(w, r, parts[2])
		return
	}
	if len(parts) < 4 {
		http.NotFound(w, r)
		return
	}
	container, err := s.kubelet.container(parts[1], parts[2], parts[len(parts)-1])
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	switch parts[0] {
	case "containerLogs":
		container.serveLogs(w, r)
	case "exec", "attach":
		s.serveStreams(w, r, parts[0], container)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) serveStreams(w http.ResponseWriter, r *http.Request, what string, c *Container) {
	options, err := rc.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !c.isRunning() {
		http.Error(w, fmt.Sprintf("container not found (%q)", c.spec.Name), http.StatusInternalServerError)
		return
	}
	pod, idle := c.pod.object.Metadata.Name, s.kubelet.options.idle
	if what == "exec" {
		command := r.URL.Query()["command"]
		rc.ServeExec(w, r, Streams{c}, pod, "", c.spec.Name, command, options, idle, creationTimeout, rc.SupportedStreamingProtocols)
		return
	}
	rc.ServeAttach(w, r, Streams{c}, pod, "", c.spec.Name, options, idle, creationTimeout, rc.SupportedStreamingProtocols)
}

func (s *Server) servePortForward(w http.ResponseWriter, r *http.Request, pod string) {
	options, err := pf.NewV4Options(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pf.ServePortForward(w, r, Streams{}, pod, "", options, s.kubelet.options.idle, creationTimeout, pf.SupportedProtocols)
}
