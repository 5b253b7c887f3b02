CREATE OR REPLACE VIEW events AS
SELECT
  split_part(line, '"', 4) AS id,
  CASE WHEN strpos(split_part(line, '"', 8), '\') = 0 THEN split_part(line, '"', 8) ELSE json_extract_scalar(envelope, '$.type') END AS type,
  CAST(TRY(from_iso8601_timestamp(split_part(line, '"', 12))) AT TIME ZONE 'UTC' AS timestamp) AS received_at,
  json_extract_scalar(envelope, '$.request_id') AS request_id,
  json_extract_scalar(envelope, '$.ip') AS ip,
  json_extract_scalar(envelope, '$.ua') AS ua,
  json_format(json_extract(envelope, '$.source')) AS source,
  event,
  day,
  hour
FROM (
  SELECT
    line,
    day,
    hour,
    substr(line, 1, strpos(line, ',"event":') - 1) || '}' AS envelope,
    substr(line, strpos(line, ',"event":') + 9, length(line) - strpos(line, ',"event":') - 9) AS event
  FROM lines
);
