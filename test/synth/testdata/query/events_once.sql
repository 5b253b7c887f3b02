CREATE OR REPLACE VIEW events_once AS
SELECT
  id,
  type,
  received_at,
  request_id,
  ip,
  ua,
  source,
  event,
  day,
  hour
FROM (
  SELECT *, row_number() OVER (PARTITION BY id, day, hour ORDER BY received_at) AS copy
  FROM events
)
WHERE copy = 1;
