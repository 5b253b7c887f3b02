CREATE OR REPLACE VIEW canary AS
SELECT
  id,
  type,
  received_at,
  request_id,
  ip,
  ua,
  source,
  json_extract_scalar(event, '$.expect') AS expect,
  json_extract_scalar(event, '$.run') AS run,
  event,
  day,
  hour
FROM events
WHERE type = 'canary';
