-- A claim is on what an action changes (docs/resources.md): inside Countersign on an item of one dataset, of a request without a connection at the host that it goes to.
INSERT INTO resource_claim (connection, resource, batch_id)
SELECT DISTINCT lower(substring(c -> 'action' -> 'with' ->> 'url' FROM '^[A-Za-z]+://[^/?#]+')), k.resource, k.batch_id
FROM resource_claim k JOIN batch b ON b.id = k.batch_id CROSS JOIN LATERAL jsonb_array_elements(b.plan -> 'categories') c
WHERE k.connection = 'http' AND c -> 'action' ->> 'connector' = 'http' AND c -> 'action' ->> 'connection' IS NULL
  AND c -> 'action' -> 'with' ->> 'url' ~ '^[A-Za-z]+://[^/?#]+'
ON CONFLICT DO NOTHING;
DELETE FROM resource_claim WHERE connection = 'http';
UPDATE resource_claim k SET connection = k.connection || ' of ' || b.dataset_id FROM batch b WHERE b.id = k.batch_id AND k.connection IN ('shelf', 'task');
