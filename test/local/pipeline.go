package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	livepage "global-ingest/test/local/page"
	"global-ingest/test/simulator"
	"global-ingest/test/world"
	"global-ingest/test/world/geo"
)

// pipeline is what runs: one region, or several behind one front.
type pipeline struct {
	running
	URL  string               // of the endpoint, without a slash at its end
	home *simulator.Simulator // the first region
	all  []*simulator.Simulator
	edge *world.Edge // nil: there is one region
}

// running is what a simulator and a world have in common.
type running interface {
	Counters() simulator.Counters
	NotSimulated() []string
	Flush(context.Context) error
	Shutdown(context.Context) error
}

// start runs what the templates describe.
func (s settings) start(options simulator.Options) (pipeline, error) {
	if world.HasFront(options.Templates) {
		return s.startWorld(options)
	}
	if s.city != "" {
		return pipeline{}, fmt.Errorf("CITY is %q, must be empty: the environment has one region, add others with "+
			"REGIONS=eu-central-1,ap-southeast-1", s.city)
	}
	sim, err := simulator.Start(options)
	if err != nil {
		return pipeline{}, err
	}
	return pipeline{running: sim, URL: sim.URL, home: sim, all: []*simulator.Simulator{sim}}, nil
}

// startWorld runs the regions and their front, which has the endpoint's port. The regions share
// the lake's folder, in which each has its bucket; the logs of a region are below its own name.
func (s settings) startWorld(options simulator.Options) (pipeline, error) {
	w, err := world.Start(world.Options{
		Templates: options.Templates, Clock: world.Clock{Speed: s.speed}, Distance: s.city != "",
		Region: func(name string, home bool) simulator.Options {
			in := options
			in.Dir, in.Lake, in.Endpoint = filepath.Join(s.dir, name), filepath.Join(s.dir, "lake"), nil
			in.Notice = func(sentence string) { options.Notice(name + ": " + sentence) }
			if !home {
				in.S3 = nil
			}
			return in
		},
	})
	if err != nil {
		return pipeline{}, err
	}
	city, err := s.where(w)
	if err != nil {
		return pipeline{}, errors.Join(err, w.Close())
	}
	edge, err := w.Edge(city, options.Endpoint)
	if err != nil {
		return pipeline{}, errors.Join(err, w.Close())
	}
	p := pipeline{running: w, URL: edge.URL, home: w.Regions[0].Simulator, edge: edge}
	for _, r := range w.Regions {
		p.all = append(p.all, r.Simulator)
	}
	return p, nil
}

// where is the city of the clients: without CITY, the one nearest to the first region.
func (s settings) where(w *world.World) (geo.City, error) {
	if s.city != "" {
		return geo.FindCity(s.city)
	}
	home := w.Regions[0].Name
	return slices.MinFunc(geo.Cities(), func(a, b geo.City) int {
		return int(geo.Backbone(a, home) - geo.Backbone(b, home))
	}), nil
}

// page is what the page shows.
func (p pipeline) page(environment string) livepage.Pipeline {
	return livepage.Pipeline{
		Environment: environment, Valid: validEvent, Invalid: invalidEvent,
		URL: p.URL, Lake: p.home.Lake, Flush: p.Flush, Front: p.edge,
	}
}

func (p pipeline) regions() []world.State {
	if p.edge == nil {
		return nil
	}
	return p.edge.States()
}

// regionLines are what the first screen says of each region.
func (p pipeline) regionLines() (lines []string) {
	for _, r := range p.regions() {
		line := fmt.Sprintf("%-14s  %.0f ms away", r.Region, r.RoundTrip)
		if r.Nearest {
			line += ", answers first"
		}
		if r.Drained {
			line += ", drained"
		}
		lines = append(lines, line+"; by itself at "+r.URL)
	}
	return lines
}

// folders are those of the buckets, for a shell.
func (p pipeline) folders() string {
	if p.edge == nil {
		return p.home.Bucket
	}
	return "*"
}

// nearest is the region that answers the clients, if there are several.
func (p pipeline) nearest() string {
	for _, r := range p.regions() {
		if r.Nearest {
			return r.Region
		}
	}
	return ""
}

// logs is the folder of the functions' logs, for a shell.
func (p pipeline) logs(s settings) string {
	if p.edge == nil {
		return word(filepath.ToSlash(p.home.Logs))
	}
	return word(filepath.ToSlash(s.dir)) + "/*/logs"
}

// leftovers counts the objects of an earlier run that were announced again.
func (p pipeline) leftovers() (n int) {
	for _, sim := range p.all {
		n += sim.Leftovers
	}
	return n
}

// clients says where clients are.
func (s settings) clients(p pipeline) string {
	switch {
	case p.edge == nil:
		return ""
	case s.city == "":
		return "in " + p.edge.City().Name + ", next to the front; packets take no time " +
			"(CITY=sydney moves clients and slows packets)"
	}
	return "in " + p.edge.City().Name + ": the last mile and the way to the region take their time"
}
