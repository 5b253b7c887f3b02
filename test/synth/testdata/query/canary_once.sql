CREATE OR REPLACE VIEW canary_once AS
SELECT
  id,
  type,
  received_at,
  request_id,
  ip,
  ua,
  source,
  expect,
  run,
  event,
  day,
  hour
FROM (
  SELECT *, row_number() OVER (PARTITION BY id, day, hour ORDER BY received_at) AS copy
  FROM canary
)
WHERE copy = 1;
