package synth

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"global-ingest/infra/environment"
)

// differences are the only places in which the environments' templates differ,
// each with the field of Environment that makes it.
var differences = map[string]string{
	`\.(DeletionPolicy|UpdateReplacePolicy)$`:                                                        "DeletableStorage",
	`^LakeBucket\.Properties\.LifecycleConfiguration\.Rules`:                                         "Lifecycle",
	`Logs\.Properties\.RetentionInDays$`:                                                             "LogRetention",
	`\.MethodSettings\.0\.Throttling(Rate|Burst)Limit$`:                                              "Throttle",
	`^EdgeApiDeploymentStagev1\.Properties\.TracingEnabled$`:                                         "Tracing",
	`Function\.Properties\.TracingConfig\.Mode$`:                                                     "Tracing",
	`Policy\.Properties\.PolicyDocument\.Statement\.\[allow xray:.* on \*\]$`:                        "Tracing",
	`^EdgeApi(CloudWatchRole|Account)\.`:                                                             "OwnAPILogRole",
	`^EdgeApiDeploymentStagev1\.DependsOn\.\[EdgeApiAccount\]$`:                                      "OwnAPILogRole",
	`^(Validator|Redrive)Function\.Properties\.ReservedConcurrentExecutions$`:                        "Validator.Reserved, Redrive.Reserved",
	`^ReleaseGroup\.Properties\.(AlarmConfiguration|AutoRollbackConfiguration|DeploymentConfigName)`: "Release, Alarms",
	`^EventsStream\.Properties\..*\.Processors\.0\.Parameters\.\d\.ParameterValue$`:                  "Delivery.Retries",
	`^EdgeFirewall`: "WAF",
	`^Watch`:        "Alarms, Canary, Release",
	`^Canary`:       "Canary",
}

func TestEnvironmentsDifferOnlyInListedValues(t *testing.T) {
	used := map[string]bool{}
	for _, name := range []string{"Storage", "Pipeline"} {
		base := flatten(stackOf(t, "Prod", name))
		for _, env := range environment.All() {
			if env.Name == "Prod" {
				continue
			}
			for _, path := range differing(base, flatten(stackOf(t, env.Name, name))) {
				listed := explanation(path)
				if listed == "" {
					t.Errorf("%s and Prod differ in %s/%s, which is not in the list", env.Name, name, path)
				}
				used[listed] = true
			}
		}
	}
	for pattern := range differences {
		if !used[pattern] {
			t.Errorf("nothing differs in %s any more: take it off the list", pattern)
		}
	}
}

func explanation(path string) string {
	for pattern := range differences {
		if regexp.MustCompile(pattern).MatchString(path) {
			return pattern
		}
	}
	return ""
}

func differing(a, b map[string]string) []string {
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(a)) {
		if b[path] != a[path] {
			paths = append(paths, path)
		}
	}
	for path := range b {
		if _, ok := a[path]; !ok {
			paths = append(paths, path)
		}
	}
	sort.Strings(paths)
	return paths
}

// flatten returns every value of a template by its path. The stage's name becomes
// *, resources lose the hash of their id, statements and dependencies, whose order
// means nothing, are named by what they say.
func flatten(s *stack) map[string]string {
	out := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				walk(path+"."+name(key), value)
			}
		case []any:
			for i, value := range v {
				switch {
				case strings.HasSuffix(path, ".Statement"):
					out[path[1:]+".["+s.statement(value.(map[string]any))+"]"] = "present"
				case strings.HasSuffix(path, ".DependsOn"):
					out[path[1:]+".["+name(value.(string))+"]"] = "present"
				default:
					walk(path+"."+fmt.Sprint(i), value)
				}
			}
		default:
			out[path[1:]] = strings.ReplaceAll(name(fmt.Sprint(v)), s.Stage, "*")
		}
	}
	walk("", s.Template["Resources"])
	return out
}
