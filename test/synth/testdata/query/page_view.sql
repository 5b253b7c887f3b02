CREATE OR REPLACE VIEW page_view AS
SELECT
  id,
  type,
  received_at,
  request_id,
  ip,
  ua,
  source,
  json_extract_scalar(event, '$.event_id') AS event_id,
  TRY_CAST(json_extract_scalar(event, '$.load_time_ms') AS double) AS load_time_ms,
  CAST(TRY(from_iso8601_timestamp(json_extract_scalar(event, '$.occurred_at'))) AT TIME ZONE 'UTC' AS timestamp) AS occurred_at,
  json_extract_scalar(event, '$.page.language') AS page_language,
  json_extract_scalar(event, '$.page.referrer') AS page_referrer,
  json_extract_scalar(event, '$.page.title') AS page_title,
  json_extract_scalar(event, '$.page.url') AS page_url,
  json_extract_scalar(event, '$.session') AS session,
  TRY_CAST(TRY_CAST(json_extract_scalar(event, '$.viewport.height') AS decimal(38,0)) AS bigint) AS viewport_height,
  TRY_CAST(TRY_CAST(json_extract_scalar(event, '$.viewport.width') AS decimal(38,0)) AS bigint) AS viewport_width,
  event,
  day,
  hour
FROM events
WHERE type = 'page_view';
