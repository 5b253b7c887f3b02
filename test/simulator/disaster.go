package simulator

// What a test can do to a running simulator, in addition to the faults of its Options.

// Function returns a function by its name in Options.Bootstraps, or nil.
func (s *Simulator) Function(name string) *Function { return s.functions[name] }

// Cut ends the connections that functions have open to Firehose and S3.
func (s *Simulator) Cut(how Cut) {
	s.listeners[firehoseName].cut(how)
	s.listeners[s3Name].cut(how)
}

// RenameStream makes a stream accept records only under another name. It still delivers
// what it holds.
func (s *Simulator) RenameStream(from, to string) error { return s.firehose.Rename(from, to) }

// Enqueue sends a message to the backlog.
func (s *Simulator) Enqueue(body string) {
	for _, mapping := range s.mappings {
		mapping.config.Queue.Send(body)
	}
}
