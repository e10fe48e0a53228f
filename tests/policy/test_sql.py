"""Which statements count as reading. A miss here lets a change through, so the refusals are many."""

import pytest

from catalog.policy.sql import reads_only

READING = r"""
SELECT 1
select * from t where a = 'x' -- remark
SELECT a, count(*) FROM t GROUP BY 1 HAVING count(*) > 2 ORDER BY 2 DESC LIMIT 5;
WITH a AS (SELECT 1) SELECT * FROM a
SELECT replace(a, 'b', 'c') FROM t
PRAGMA table_info('users');
EXPLAIN QUERY PLAN SELECT * FROM t
EXPLAIN ANALYZE SELECT 1
EXPLAIN (ANALYZE, BUFFERS) SELECT 1
SHOW TABLES
DESCRIBE users
VALUES (1)
SELECT strftime('%Y', d) FROM t
SELECT x::int, now() FROM t WHERE y ILIKE '%z%'
SELECT name FROM sqlite_master WHERE type = 'table'
SELECT 'delete from t'
SELECT "update" FROM t
SELECT TOP 10 * FROM t
SELECT sum(x) OVER (PARTITION BY a ORDER BY b) FROM s.t JOIN u USING (id)
SELECT * FROM `proj.ds.t`
(SELECT 1) UNION ALL (SELECT 2)
""".strip().splitlines()

CHANGING = r"""
DELETE FROM t
WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x
WITH x AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT 1
SELECT * INTO n FROM t
SELECT a INTO OUTFILE '/tmp/x' FROM t
SELECT 1; DROP TABLE t
SELECT 1 DELETE FROM t
SELECT [a'] DELETE FROM t SELECT [']
SELECT 'a\' DELETE FROM t -- '
SELECT /*! 1 */ 1
/*!50000 DELETE FROM t */
SELECT /* /* */ DELETE FROM t -- */ 1
SELECT $$ ' $$ DELETE FROM t -- '
SELECT 1 --1 DELETE
EXPLAIN ANALYZE DELETE FROM t
EXPLAIN (ANALYZE) UPDATE t SET a = 1
SELECT * FROM t FOR UPDATE
SELECT nextval('s')
SELECT "nextval"('s')
SELECT setval('s', 1)
SELECT pg_catalog.setval('s', 1)
SELECT public.evil(1)
SELECT pg_terminate_backend(1)
SELECT lo_import('/etc/passwd')
SELECT pg_read_file('/etc/passwd')
SELECT query_to_xml('delete from t', true, true, '')
SELECT * FROM dblink('x', 'y')
SELECT * FROM read_csv('/etc/passwd')
SELECT load_extension('x')
SELECT writefile('a', 'b')
SELECT sleep(5)
SELECT @a := 1
PRAGMA user_version = 3
PRAGMA journal_mode(WAL)
COPY (SELECT 1) TO PROGRAM 'x'
ATTACH 'x' AS y
EXEC xp_cmdshell 'x'
CALL p()
REPLACE INTO t VALUES (1)
TRUNCATE t
VACUUM
SET x = 1
GRANT ALL ON t TO u
hello world
SELECT 'open
SHOW TABLES DELETE FROM t
EXPLAIN
""".strip().splitlines()


@pytest.mark.parametrize("statement", READING)
def test_a_reading_statement_is_recognised(statement: str):
    assert reads_only(statement)


@pytest.mark.parametrize("statement", [*CHANGING, "", " ", ";", "\x00", "SELECT 1" + " " * 30_000 + "x", "(" * 5_000])
def test_a_statement_that_changes_something_or_cannot_be_read_is_refused(statement: str):
    assert not reads_only(statement)
