SELECT id, type, received_at, 'valid' AS verdict, event
FROM events
WHERE id LIKE '00000000-0000-7000-8000-000000000000/%' AND day >= CAST(CAST(current_date - interval '1' day AS date) AS varchar)
UNION ALL
SELECT id, type, received_at, reason, payload
FROM rejected
WHERE id LIKE '00000000-0000-7000-8000-000000000000%' AND day >= CAST(CAST(current_date - interval '1' day AS date) AS varchar);
