package main

import "os"

// newLab makes what the subjects run in, and builds them.
func newLab(r *report) (l *lab, all []built, err error) {
	l = &lab{endpoint: newEndpoint(), answers: "200"}
	if l.dir, err = os.MkdirTemp("", "global-ingest-bench-"); err != nil {
		return nil, nil, err
	}
	var certificates int
	if l.trust, certificates, err = l.endpoint.trust(l.dir); err != nil {
		return nil, nil, err
	}
	r.note(tableCold, "The trust store of every subject is this machine's bundle: %d certificates, one of them the endpoint's.", certificates)
	if l.event, err = proxyEvent(); err != nil {
		return nil, nil, err
	}
	all, err = l.buildAll(r, tableCold)
	return l, all, err
}

// close ends the endpoint and deletes what was built.
func (l *lab) close() {
	l.endpoint.server.Close()
	_ = os.RemoveAll(l.dir) // a folder of the system's own
}
