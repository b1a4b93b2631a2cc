// Client of the API server: just what a kubelet needs, as plain HTTP and JSON.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"
)

type metadata struct {
	Name              string     `json:"name,omitempty"`
	Namespace         string     `json:"namespace,omitempty"`
	UID               string     `json:"uid,omitempty"`
	ResourceVersion   string     `json:"resourceVersion,omitempty"`
	DeletionTimestamp *time.Time `json:"deletionTimestamp,omitempty"`
	GracePeriod       *int64     `json:"deletionGracePeriodSeconds,omitempty"`
}

type containerSpec struct {
	Name, Image, WorkingDir string
	Command, Args           []string
	Env                     []struct{ Name, Value string }
	Stdin, StdinOnce, TTY   bool
	TargetContainerName     string
}

type podObject struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		RestartPolicy         string
		ActiveDeadlineSeconds *int64
		InitContainers        []containerSpec
		Containers            []containerSpec
		EphemeralContainers   []containerSpec
	} `json:"spec"`
}

type api struct {
	base   string
	client *http.Client
}

func newAPI(o Options) (*api, error) {
	pem, err := os.ReadFile(o.authority)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	pair, err := tls.LoadX509KeyPair(o.clientCert, o.clientKey)
	if err != nil {
		return nil, err
	}
	configuration := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}
	return &api{o.server, &http.Client{Transport: &http.Transport{TLSClientConfig: configuration}}}, nil
}

// send makes one request; the answer's body is decoded into `into` where that is not nil.
func (a *api) send(method, path, contentType string, body, into any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	answer, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 2000))
		return fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, text)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

func (a *api) patchStatus(m metadata, status map[string]any) error {
	body := map[string]any{"metadata": map[string]any{"uid": m.UID}, "status": status}
	path := fmt.Sprintf("/api/v1/namespaces/%s/pods/%s/status", m.Namespace, m.Name)
	return a.send("PATCH", path, "application/merge-patch+json", body, nil)
}

func (a *api) deletePod(m metadata) error {
	body := map[string]any{"gracePeriodSeconds": 0, "preconditions": map[string]any{"uid": m.UID}}
	path := fmt.Sprintf("/api/v1/namespaces/%s/pods/%s", m.Namespace, m.Name)
	return a.send("DELETE", path, "application/json", body, nil)
}

// watchPods lists the node's pods and follows them, and begins anew when the watch ends.
func (k *Kubelet) watchPods() {
	for {
		if err := k.watchOnce(); err != nil {
			log.Print("watch: ", err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (k *Kubelet) watchOnce() error {
	path := "/api/v1/pods?fieldSelector=" + url.QueryEscape("spec.nodeName="+k.options.node)
	var list struct {
		Metadata metadata
		Items    []podObject
	}
	if err := k.api.send("GET", path, "application/json", nil, &list); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, pod := range list.Items {
		known[pod.Metadata.UID] = true
		k.update(pod)
	}
	k.forgetOthers(known)
	answer, err := k.api.client.Get(k.api.base + path + "&watch=1&resourceVersion=" + list.Metadata.ResourceVersion)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	decoder := json.NewDecoder(answer.Body)
	for {
		var event struct {
			Type   string
			Object podObject
		}
		if err := decoder.Decode(&event); err != nil {
			return err
		}
		switch event.Type {
		case "ADDED", "MODIFIED":
			k.update(event.Object)
		case "DELETED":
			k.forget(event.Object.Metadata.UID)
		default:
			return fmt.Errorf("watch event %s", event.Type)
		}
	}
}

// renewLease keeps the node alive for the node controller.
func (k *Kubelet) renewLease() {
	const path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
	for {
		spec := map[string]any{
			"holderIdentity": k.options.node, "leaseDurationSeconds": 40,
			"renewTime": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
		}
		body := map[string]any{"spec": spec, "metadata": metadata{Name: k.options.node, Namespace: "kube-node-lease"}}
		if k.api.send("PATCH", path+"/"+k.options.node, "application/merge-patch+json", body, nil) != nil {
			if err := k.api.send("POST", path, "application/json", body, nil); err != nil {
				log.Print("lease: ", err)
			}
		}
		time.Sleep(10 * time.Second)
	}
}
