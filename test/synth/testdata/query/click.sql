CREATE OR REPLACE VIEW click AS
SELECT
  id,
  type,
  received_at,
  request_id,
  ip,
  ua,
  source,
  json_extract_scalar(event, '$.button') AS button,
  json_extract_scalar(event, '$.element.id') AS element_id,
  json_extract_scalar(event, '$.element.tag') AS element_tag,
  json_extract_scalar(event, '$.element.text') AS element_text,
  json_extract_scalar(event, '$.event_id') AS event_id,
  CAST(TRY(from_iso8601_timestamp(json_extract_scalar(event, '$.occurred_at'))) AT TIME ZONE 'UTC' AS timestamp) AS occurred_at,
  json_extract_scalar(event, '$.page.referrer') AS page_referrer,
  json_extract_scalar(event, '$.page.title') AS page_title,
  json_extract_scalar(event, '$.page.url') AS page_url,
  TRY_CAST(json_extract_scalar(event, '$.position.x') AS double) AS position_x,
  TRY_CAST(json_extract_scalar(event, '$.position.y') AS double) AS position_y,
  json_extract_scalar(event, '$.session') AS session,
  json_format(json_extract(event, '$.tags')) AS tags,
  event,
  day,
  hour
FROM events
WHERE type = 'click';
