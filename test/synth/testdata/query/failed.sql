CREATE OR REPLACE VIEW failed AS
SELECT
  regexp_extract("$path", '/failed/([^/]+)/', 1) AS error_type,
  CAST(timestamp '1970-01-01 00:00:00' + TRY_CAST(json_extract_scalar(line, '$.arrivalTimestamp') AS double) / 1000 * interval '1' second AS timestamp) AS arrived_at,
  json_extract_scalar(line, '$.errorCode') AS error_code,
  json_extract_scalar(line, '$.errorMessage') AS error_message,
  TRY_CAST(TRY_CAST(json_extract_scalar(line, '$.attemptsMade') AS decimal(38,0)) AS bigint) AS attempts,
  json_extract_scalar(line, '$.rawData') AS raw_data,
  regexp_extract("$path", '/day=([0-9-]+)/', 1) AS day,
  regexp_extract("$path", '/hour=([0-9]+)/', 1) AS hour
FROM failed_lines;
