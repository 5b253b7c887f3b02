// Command app is the CDK app of the comparison: the stage Compare and nothing else.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/pipeline"
	"global-ingest/test/compare/stacks"
)

func main() {
	account := flag.String("account", cmp.Or(os.Getenv("CDK_DEFAULT_ACCOUNT"), "111111111111"),
		"AWS `account` to deploy to")
	dist := flag.String("dist", ".local/dist", "`folder` of the product's built functions")
	chain := flag.String("chain", ".local/compare/dist", "`folder` that holds chain/bootstrap")
	flag.Parse()
	if err := synthesize(*account, stacks.Dist{Product: *dist, Chain: *chain}); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func synthesize(account string, dist stacks.Dist) error {
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("looking for node, which the AWS CDK needs: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dist.Chain, "chain", "bootstrap")); err != nil {
		return fmt.Errorf("looking for the chain's function, which `make compare-deploy` builds: %w", err)
	}
	defer jsii.Close()
	app, err := pipeline.NewApp(pipeline.AppProps{Settings: "cdk.json", Dist: dist.Product})
	if err != nil {
		return err
	}
	stacks.NewStage(app, account, dist)
	app.Synth(nil)
	return nil
}
