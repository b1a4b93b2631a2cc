// A kubelet for tests: real processes of this machine stand for containers, in folders, as whoever started it.
//
// Streams are served by the library of the container runtimes, logs are read by the kubelet's own code.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// Options are the command line.
type Options struct {
	address, control, certificate, key       string // what is served
	server, authority, clientCert, clientKey string // the API server
	node, folder                             string
	backoff, idle                            time.Duration
	largestLog                               int64
}

func readOptions() Options {
	var o Options
	flag.StringVar(&o.address, "address", "", "ADDRESS:PORT that the API server reaches")
	flag.StringVar(&o.control, "control", "", "ADDRESS:PORT for the tests: processes, faults, rotation")
	flag.StringVar(&o.certificate, "certificate", "", "serving certificate")
	flag.StringVar(&o.key, "key", "", "its key")
	flag.StringVar(&o.server, "server", "", "URL of the API server")
	flag.StringVar(&o.authority, "authority", "", "its CA")
	flag.StringVar(&o.clientCert, "client-certificate", "", "certificate of system:node:NAME")
	flag.StringVar(&o.clientKey, "client-key", "", "its key")
	flag.StringVar(&o.node, "node", "", "name of the Node")
	flag.StringVar(&o.folder, "folder", "", "folder of the containers")
	flag.DurationVar(&o.backoff, "backoff", time.Second, "pause before a container is started again")
	flag.DurationVar(&o.idle, "idle", 4*time.Hour, "an exec without any byte for so long is ended")
	flag.Int64Var(&o.largestLog, "largest-log", 10<<20, "bytes at which a log is rotated")
	flag.Parse()
	o.folder, _ = filepath.Abs(o.folder)
	return o
}

func main() {
	options := readOptions()
	api, err := newAPI(options)
	if err != nil {
		log.Fatal(err)
	}
	kubelet := &Kubelet{options: options, api: api, pods: map[string]*Pod{}}
	faults := newFaults()
	listener, err := faults.listen(options.address)
	if err != nil {
		log.Fatal(err)
	}
	served := &http.Server{Handler: faults.wrap(&Server{kubelet: kubelet})}
	go func() { log.Fatal(served.ServeTLS(listener, options.certificate, options.key)) }()
	go func() { log.Fatal(http.ListenAndServe(options.control, &Control{kubelet, faults})) }()
	go kubelet.renewLease()
	go kubelet.watchPods()

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
	kubelet.killAll()
}
