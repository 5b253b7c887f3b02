SELECT reason, type, count(*) AS rejects, max_by(instance, id) AS instance, max_by(message, id) AS message, max(id) AS example_id
FROM rejected
WHERE day >= CAST(CAST(current_date - interval '1' day AS date) AS varchar)
GROUP BY reason, type
ORDER BY rejects DESC;
