package environment

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/event"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
)

// Validate returns the first thing that is wrong with e: the field, its value and what is
// allowed. First come the rules of single fields, then those of fields together.
func (e Environment) Validate() error {
	if err := cmp.Or(e.checkAlone(), e.checkRegions()); err != nil {
		return fmt.Errorf("environment %s: %w", e.Name, err)
	}
	return nil
}

// wrong returns the error that a field is or has what it must not.
func wrong(field, format string, args ...any) error {
	return setting.Named(field, fmt.Errorf(format, args...))
}

// checkAlone holds e to the rules that each region has.
func (e Environment) checkAlone() error {
	for _, field := range e.Fields() {
		if err := field.check(); err != nil {
			return err
		}
	}
	return cmp.Or(
		e.checkPartition(),
		e.checkDomain(),
		setting.Named("Origins", ingest.CheckOrigins(e.Origins)),
		setting.Named("Clients", clients.Check(e.Clients)),
		setting.Named("WriteKeys", validate.CheckWriteKeys(e.WriteKeys)),
		e.checkTags(),
		e.checkConcurrency(),
		e.checkTypeFrom(),
		e.checkWatch(),
	)
}

// partitions are the ones without edge-optimized APIs, by the first letters of their
// regions. Only the partition aws has these APIs.
// https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-abp.html
// https://docs.amazonaws.cn/en_us/aws/latest/userguide/api-gateway.html
var partitions = []struct{ prefix, name string }{
	{"cn-", "aws-cn (China)"},
	{"us-gov-", "aws-us-gov (GovCloud)"},
	{"us-iso", "aws-iso"},
	{"eu-iso", "aws-iso"},
	{"eusc-", "aws-eusc (European Sovereign Cloud)"},
}

func (e Environment) checkPartition() error {
	for _, p := range partitions {
		if strings.HasPrefix(e.Region, p.prefix) {
			return wrong("Region", "is %q of the partition %s, which has no edge-optimized APIs: "+
				"must be a region of the partition aws", e.Region, p.name)
		}
	}
	return nil
}

func (e Environment) checkDomain() error {
	if d := e.Domain; !e.Worldwide() && d != (Domain{Zone: d.Zone}) && (d.Name == "" || d.Certificate == "") {
		return fmt.Errorf("Domain.Name is %q and Domain.Certificate is %q, must be both set, or all of Domain empty",
			d.Name, d.Certificate)
	}
	return nil
}

// tagCharacter is what every service takes that tags come to. IAM and KMS take no other.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
const (
	tagCharacter  = `[\p{L}\p{Z}\p{N}_.:/=+\-@]`
	tagCharacters = "letters, digits, spaces and _.:/=+-@"
)

var (
	tagKey   = regexp.MustCompile(`^` + tagCharacter + `{1,128}$`)
	tagValue = regexp.MustCompile(`^` + tagCharacter + `{0,256}$`)
)

func (e Environment) checkTags() error {
	if len(e.Tags) > 40 {
		return wrong("Tags", "has %d tags, must have at most 40", len(e.Tags))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Tags)) {
		switch {
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return wrong("Tags", `has the key %q, must have keys that do not begin with "aws:"`, key)
		case !tagKey.MatchString(key):
			return wrong("Tags", "has the key %q, must have keys of 1 to 128 "+tagCharacters, key)
		case !tagValue.MatchString(e.Tags[key]):
			return wrong("Tags."+key, "is %q, must be at most 256 "+tagCharacters, e.Tags[key])
		}
	}
	return nil
}

// checkConcurrency holds what is part of a reserved concurrency to it.
func (e Environment) checkConcurrency() error {
	if reserved := e.Ingest.Reserved; reserved > 0 && e.Provisioned > reserved {
		return wrong("Provisioned", "is %d, must be at most Ingest.Reserved, %d", e.Provisioned, reserved)
	}
	if reserved := e.Redrive.Reserved; reserved > 0 && e.RedriveConcurrency > reserved {
		return wrong("RedriveConcurrency", "is %d, must be at most Redrive.Reserved, %d",
			e.RedriveConcurrency, reserved)
	}
	return nil
}

func (e Environment) checkTypeFrom() error {
	if e.Canary.Every > 0 && !slices.Contains(e.TypeFrom, event.DefaultTypeFrom) {
		return wrong("TypeFrom", "is %q, must have %q too, because the canary's events name their type by it; "+
			"or set Canary.Every to 0", e.TypeFrom, event.DefaultTypeFrom)
	}
	return setting.Named("TypeFrom", event.CheckTypeFrom(e.TypeFrom))
}

func (e Environment) checkWatch() error {
	waits := e.Delivery.TransformFor + e.Delivery.BufferFor
	switch {
	case e.Alarms.Freshness <= waits:
		return wrong("Alarms.Freshness", "is %v, must be longer than Delivery.TransformFor and Delivery.BufferFor "+
			"together, %v", e.Alarms.Freshness, waits)
	case e.Canary.Every > 0 && time.Hour%e.Canary.Every != 0:
		return wrong("Canary.Every", "is %v, must divide an hour, such as 5m or 15m", e.Canary.Every)
	case e.Alarms.Off && e.Release != AllAtOnce:
		return wrong("Release", "is %q, must be %q while Alarms.Off is true: no alarm would end it",
			e.Release, AllAtOnce)
	}
	return nil
}
