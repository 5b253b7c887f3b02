package pipeline

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// WatchProps configures a Watch.
type WatchProps struct {
	Environment string             // dimension of the functions' metrics
	API         string             // name of the API
	Alarms      environment.Alarms // who is told, and from where on
	Ingest      *Ingest
	Validator   *Validator
	Redrive     *Redrive
	Events      []*Delivery
	Rejects     *Delivery
	Backlog     *Backlog
	Canary      *Canary `optional:"true"` // default none

	Release      environment.Release // how requests move to a new version of Ingest
	NextDoor     bool                `optional:"true"` // whether Ingest may leave records in the lake of another region
	SourceBackup bool                `optional:"true"` // whether the events streams also keep records as received
}

// Watch is the dashboard and the alarms.
type Watch struct {
	Release []awscloudwatch.CfnAlarm // that end a release; none with AllAtOnce or without alarms
}

// NewWatch adds the dashboard under scope and, unless they are off, the alarms, their topic and
// the alarm that pages.
func NewWatch(scope constructs.Construct, id string, props WatchProps) *Watch {
	this := newConstruct(scope, id, props)
	g := newGauges(props)
	watch := &Watch{}
	var alarms []awscloudwatch.CfnAlarm
	if !props.Alarms.Off {
		alarms = watch.ring(this, g)
	}
	newDashboard(this, g.board(), alarms)
	return watch
}

// ring adds an alarm for each row and, with a pager, the one that pages.
func (w *Watch) ring(this constructs.Construct, g gauges) []awscloudwatch.CfnAlarm {
	topic := newTopic(this, g.WatchProps).TopicArn()
	var all, paging []awscloudwatch.CfnAlarm
	for _, row := range g.alarms() {
		made := newAlarm(this, row, topic)
		all = append(all, made)
		if row.pages {
			paging = append(paging, made)
		}
		if row.ends && g.version != "" {
			w.Release = append(w.Release, made)
		}
	}
	if g.Alarms.Pager != "" {
		newPage(this, paging, jsii.String(g.Alarms.Pager))
	}
	return all
}

// newPage adds the alarm that tells pager once while any of alarms rings. The topic hears from
// each of them already, so without a pager this alarm would only send a second mail.
func newPage(this constructs.Construct, alarms []awscloudwatch.CfnAlarm, pager *string) {
	var rule []string
	for _, a := range alarms {
		rule = append(rule, `ALARM("`+*a.Ref()+`")`)
	}
	page := alarm{runbook: "Page", says: "a promise is broken, or about to be"}
	awscloudwatch.NewCfnCompositeAlarm(this, jsii.String(page.id()), &awscloudwatch.CfnCompositeAlarmProps{
		AlarmDescription: jsii.String(page.description()),
		AlarmRule:        jsii.String(strings.Join(rule, " OR ")),
		AlarmActions:     &[]any{pager},
		OkActions:        &[]any{pager},
	})
}

// newTopic adds the topic that the alarms tell, with its own key. AWS's key for SNS would refuse
// every alarm silently, and the lake's key is for the lake alone. The key is deleted with the
// topic, because SNS keeps nothing that it would still have to decrypt.
// https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
func newTopic(this constructs.Construct, props WatchProps) awssns.Topic {
	const alarms = "cloudwatch.amazonaws.com"
	key := newKey(this, props.Environment+"-alarms", "Encrypts what alarms say", awscdk.RemovalPolicy_DESTROY)
	topic := awssns.NewTopic(this, jsii.String("Topic"), &awssns.TopicProps{MasterKey: key, EnforceSSL: jsii.Bool(true)})
	key.AddToResourcePolicy(allowService(key, alarms, jsii.String("*"), "kms:Decrypt", "kms:GenerateDataKey"), nil)
	topic.AddToResourcePolicy(allowService(key, alarms, topic.TopicArn(), "sns:Publish"))
	if props.Alarms.Email != "" {
		awssns.NewCfnSubscription(this, jsii.String("Email"), &awssns.CfnSubscriptionProps{
			TopicArn: topic.TopicArn(), Protocol: jsii.String("email"), Endpoint: jsii.String(props.Alarms.Email),
		})
	}
	return topic
}
