CREATE OR REPLACE VIEW rejected AS
SELECT
  json_extract_scalar(line, '$.id') AS id,
  json_extract_scalar(line, '$.type') AS type,
  CAST(TRY(from_iso8601_timestamp(json_extract_scalar(line, '$.received_at'))) AT TIME ZONE 'UTC' AS timestamp) AS received_at,
  json_extract_scalar(line, '$.reason') AS reason,
  json_extract_scalar(line, '$.errors[0].instance') AS instance,
  json_extract_scalar(line, '$.errors[0].message') AS message,
  json_format(json_extract(line, '$.errors')) AS errors,
  json_extract_scalar(line, '$.payload') AS payload,
  json_extract_scalar(line, '$.payload_base64') AS payload_base64,
  json_extract_scalar(line, '$.payload_object') AS payload_object,
  json_extract_scalar(line, '$.request_id') AS request_id,
  json_extract_scalar(line, '$.ip') AS ip,
  json_extract_scalar(line, '$.ua') AS ua,
  json_format(json_extract(line, '$.source')) AS source,
  json_extract_scalar(line, '$.content_type') AS content_type,
  json_extract_scalar(line, '$.encoding') AS encoding,
  json_extract_scalar(line, '$.processor') AS processor,
  COALESCE(TRY_CAST(TRY_CAST(json_extract_scalar(line, '$.replays') AS decimal(38,0)) AS bigint), 0) AS replays,
  day,
  hour
FROM rejected_lines;
