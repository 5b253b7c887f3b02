CREATE OR REPLACE VIEW page_view_once AS
SELECT
  id,
  type,
  received_at,
  request_id,
  ip,
  ua,
  source,
  event_id,
  load_time_ms,
  occurred_at,
  page_language,
  page_referrer,
  page_title,
  page_url,
  session,
  viewport_height,
  viewport_width,
  event,
  day,
  hour
FROM (
  SELECT *, row_number() OVER (PARTITION BY id, day, hour ORDER BY received_at) AS copy
  FROM page_view
)
WHERE copy = 1;
