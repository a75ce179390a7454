-- Takes the telemetry tables back to before their migrations: psql -f db_rollback.sql
--
-- Every row of trace_spans, performance_metrics and backup_history is first copied to the table's *_archive; nothing is
-- removed from an *_archive table, however often this runs. All of it happens in one transaction or not at all, and a
-- second run finds nothing to do. db_migration.sql, or the archiver's next start, makes the tables anew, empty.
--
-- Finished responses (schema responses) stay. So do the positions in kafka_offsets: what was archived is not read again.
\set ON_ERROR_STOP on

BEGIN;

-- Not to wait for ever behind a backup, while writers wait behind this.
SET LOCAL lock_timeout = '60s';

DO $rollback$
DECLARE
    live    text;
    archive text;
    wanted  record;
    names   text;
    moved   bigint;
BEGIN
    FOREACH live IN ARRAY ARRAY ['trace_spans', 'performance_metrics', 'backup_history'] LOOP
        archive := live || '_archive';
        IF to_regclass('public.' || live) IS NULL THEN
            RAISE NOTICE '% is not there', live;
            CONTINUE;
        END IF;
        EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', live);
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS public.%I (LIKE public.%I, archived_at timestamptz NOT NULL DEFAULT now())',
            archive, live);
        -- Columns that the table has got since its archive was made.
        FOR wanted IN
            SELECT attname AS name, format_type(atttypid, atttypmod) AS type
            FROM pg_attribute
            WHERE attrelid = to_regclass('public.' || live) AND attnum > 0 AND NOT attisdropped
        LOOP
            EXECUTE format('ALTER TABLE public.%I ADD COLUMN IF NOT EXISTS %I %s', archive, wanted.name, wanted.type);
        END LOOP;
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names
        FROM pg_attribute
        WHERE attrelid = to_regclass('public.' || live) AND attnum > 0 AND NOT attisdropped;
        EXECUTE format('INSERT INTO public.%I (%s) SELECT %s FROM public.%I', archive, names, names, live);
        GET DIAGNOSTICS moved = ROW_COUNT;
        EXECUTE format('DROP TABLE public.%I', live); -- its partitions go with it
        RAISE NOTICE '% rows of % are in %', moved, live, archive;
    END LOOP;

    IF to_regclass('public.schema_migrations') IS NOT NULL THEN
        DELETE FROM public.schema_migrations;
    END IF;
END
$rollback$;

DROP FUNCTION IF EXISTS public.ensure_day_partitions(regclass, name, date, date);

COMMIT;
