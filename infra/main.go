// Command infra is the CDK app, with one stage for each environment. cdk.json tells the CDK CLI
// to run it. Run alone, it writes the same cloud assembly to CDK_OUTDIR.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
)

// noAccount is used without AWS credentials, so that everybody can look at the templates. No
// customer has this account.
const noAccount = "111111111111"

func main() {
	account := flag.String("account", cmp.Or(os.Getenv("CDK_DEFAULT_ACCOUNT"), noAccount),
		"AWS account of environments that name none")
	region := flag.String("region", cmp.Or(os.Getenv("CDK_DEFAULT_REGION"), "us-east-1"),
		"AWS region of environments that name none")
	dist := flag.String("dist", ".local/dist", "folder of the built functions")
	only := flag.String("environment", "", "`name` of the one environment to synthesize; default all")
	regions := flag.String("regions", "", "further `regions`, with a comma between two, in place of the "+
		"environments' own, and a domain of examples where they have none: to look at the templates, or to run "+
		"them on a laptop")
	repository := flag.String("repository", "",
		"GitHub `owner/name`, or owner@id/name@id, whose workflows deploy: adds the stack Ci; default none")
	provider := flag.String("oidc-provider", "",
		"`ARN` of the account's OIDC provider for GitHub; default: Ci adds one")
	flag.Parse()
	envs, err := chosen(*only)
	envs = placed(envs, *account, *region)
	if *regions != "" {
		envs = spread(envs, strings.Split(strings.ReplaceAll(*regions, " ", ""), ","))
	}
	props := pipeline.AppProps{Environments: envs, Settings: "cdk.json", Dist: *dist}
	if *repository != "" {
		props.Ci = &pipeline.CiProps{
			Repository: *repository, Provider: *provider, Environments: envs, Account: *account, Region: *region,
		}
	}
	if err == nil {
		err = synthesize(props)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "infra:", err)
		os.Exit(1)
	}
}

// chosen returns the environment with this name, or all of them.
func chosen(name string) ([]environment.Environment, error) {
	if name == "" {
		return environment.All(), nil
	}
	env, err := environment.Named(name)
	return []environment.Environment{env}, err
}

// synthesize writes the cloud assembly. It turns a panic of the CDK, which has printed what is
// wrong, into an error, but not one of this program, whose stack trace is needed.
func synthesize(props pipeline.AppProps) (err error) {
	if _, err := exec.LookPath("node"); err != nil {
		return errors.New("the AWS CDK needs Node.js 20 or newer: node is not on the PATH")
	}
	defer jsii.Close()
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case runtime.Error:
			panic(cause)
		default:
			err = fmt.Errorf("synthesizing: %v", cause)
		}
	}()
	app, err := pipeline.NewApp(props)
	if err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// spread gives the environments further regions. Nobody has the domain: the name is reserved for
// examples.
func spread(envs []environment.Environment, regions []string) []environment.Environment {
	for i := range envs {
		envs[i].Regions, envs[i].Drained, envs[i].In, envs[i].Domain.Only = regions, nil, nil, false
		envs[i].Domain.Name = cmp.Or(envs[i].Domain.Name, "events.example.com")
		envs[i].Domain.Zone = cmp.Or(envs[i].Domain.Zone, "Z0000000000000EXAMPLE")
	}
	return envs
}

// placed gives account and region to the environments that name none. One with several regions
// must say which of them is home: otherwise home would change with the AWS profile that deploys.
func placed(envs []environment.Environment, account, region string) []environment.Environment {
	for i := range envs {
		envs[i].Account = cmp.Or(envs[i].Account, account)
		if !envs[i].Worldwide() {
			envs[i].Region = cmp.Or(envs[i].Region, region)
		}
	}
	return envs
}
