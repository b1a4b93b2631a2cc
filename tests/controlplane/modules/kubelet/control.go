// Control: what tests ask of this kubelet besides the kubelet's API, as plain HTTP on this machine.
package main

import (
	"encoding/json"
	"net/http"
	"time"
)

// Control serves GET /container (its folders and processes), POST /rotate, PUT /faults and POST /cut.
type Control struct {
	kubelet *Kubelet
	faults  *Faults
}

func (s *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch r.Method + " " + r.URL.Path {
	case "GET /ready":
		w.WriteHeader(http.StatusNoContent)
	case "GET /container", "POST /rotate":
		container, err := s.kubelet.container(query.Get("namespace"), query.Get("pod"), query.Get("container"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if r.URL.Path == "/rotate" {
			container.log.rotate()
			return
		}
		answer(w, map[string]any{"root": container.root(), "processes": listMarked(container.folder)})
	case "PUT /faults":
		var wanted struct {
			Stall        bool
			Refuse       string
			DelaySeconds float64 `json:"delay_seconds"`
		}
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.faults.set(wanted.Stall, wanted.Refuse, time.Duration(wanted.DelaySeconds*float64(time.Second)))
	case "POST /cut":
		answer(w, map[string]any{"cut": s.faults.cut()})
	default:
		http.NotFound(w, r)
	}
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
