// Command idiomatic is ingest as documentation shows it: typed events, the SDK's
// default configuration, one client per sandbox.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

var client *firehose.Client

func main() {
	c, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	client = firehose.NewFromConfig(c)
	lambda.Start(handle)
}

func handle(ctx context.Context, request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	body := []byte(request.Body)
	if request.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(request.Body)
		if err != nil {
			return events.APIGatewayProxyResponse{}, err
		}
		body = decoded
	}
	record, err := json.Marshal(map[string]any{
		"id": request.RequestContext.RequestID, "ip": request.RequestContext.Identity.SourceIP, "body": string(body),
	})
	if err != nil {
		return events.APIGatewayProxyResponse{}, err
	}
	_, err = client.PutRecord(ctx, &firehose.PutRecordInput{
		DeliveryStreamName: aws.String(os.Getenv("EVENTS_STREAM")), Record: &types.Record{Data: append(record, '\n')},
	})
	if err != nil {
		return events.APIGatewayProxyResponse{}, err
	}
	return events.APIGatewayProxyResponse{
		StatusCode: 200, Headers: map[string]string{"Content-Type": "application/json"}, Body: "{}",
	}, nil
}
