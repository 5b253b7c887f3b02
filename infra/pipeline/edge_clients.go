package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/clients"
)

// addClients passes to function what the enabled clients send to paths of their own. One
// resource is for all of these paths, so that a client costs nothing here. It is also for
// paths of no client: function answers these 404, for what a request of Lambda costs, and
// the API's throttle bounds them like any other.
func addClients(root, events awsapigateway.IResource, enabled *clients.Set, function awslambda.IFunction, pages cors) {
	if enabled.Get([]byte("/events")) != nil {
		addMethod(events, "GET", "GetEvents", function)
	}
	if !enabled.Posts() && !enabled.Gets() {
		return
	}
	paths := root.AddResource(jsii.String("{proxy+}"), nil)
	if enabled.Posts() {
		addMethod(paths, "POST", "PostClients", function)
	}
	if enabled.Gets() {
		addMethod(paths, "GET", "GetClients", function)
	}
	addPreflight(paths, methodsOfEvents, pages)
}
