CREATE OR REPLACE VIEW click_once AS
SELECT
  id,
  type,
  received_at,
  request_id,
  ip,
  ua,
  source,
  button,
  element_id,
  element_tag,
  element_text,
  event_id,
  occurred_at,
  page_referrer,
  page_title,
  page_url,
  position_x,
  position_y,
  session,
  tags,
  event,
  day,
  hour
FROM (
  SELECT *, row_number() OVER (PARTITION BY id, day, hour ORDER BY received_at) AS copy
  FROM click
)
WHERE copy = 1;
