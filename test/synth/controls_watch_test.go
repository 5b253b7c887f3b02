package synth

import "fmt"

const (
	logGroup = "AWS::Logs::LogGroup"
	alarm    = "AWS::CloudWatch::Alarm"
	topic    = "AWS::SNS::Topic"
)

var watchControls = []control{
	{
		"CloudWatch.16", "log groups are kept for a year",
		every(logGroup, isKeptForAYear), add(logGroup, `{"RetentionInDays":364}`),
	},
	{
		"CloudWatch.17", "actions of alarms are activated",
		every(alarm, actsWhenItFires), add(alarm, `{"ActionsEnabled":false}`),
	},
	{
		"AwsSolutions-SNS3", "topics refuse publishers without TLS",
		every(topic, refusesPlainHTTP("AWS::SNS::TopicPolicy", "Topics", "sns:Publish")), add(topic, `{}`),
	},
	{
		"SNS.4", "topics are not public",
		every("AWS::SNS::TopicPolicy", isPrivate), add("AWS::SNS::TopicPolicy", public),
	},
}

func isKeptForAYear(_ *stack, r resource) string {
	if days, expires := r.Properties["RetentionInDays"].(float64); expires && days < 365 {
		return fmt.Sprintf("is kept for %v days", days)
	}
	return ""
}

func actsWhenItFires(_ *stack, r resource) string {
	if r.Properties["ActionsEnabled"] == false {
		return "has its actions switched off"
	}
	return ""
}
