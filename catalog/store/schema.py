"""The tables, as small named migrations. A released migration is never edited: a later one changes what it made.

A definition is stored once per tool and digest; `history` says from which snapshot until which it stood, so any two
snapshots can be compared. A tool whose last definition has ended is removed, never deleted.

A migration ends by raising the version, here and in `connection.SUPPORTED_VERSION`: a file that has it is not asked.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("catalog")
SCHEMA_VERSION = 3  # in PRAGMA user_version; readers refuse a higher one


def _set_version(db: Database, version: int) -> None:
    db.execute(f"PRAGMA user_version = {version}")


@migrations()
def create_servers_tools_and_history(db: Database) -> None:
    db.executescript(
        """
        CREATE TABLE servers (
            id INTEGER PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            source_kind TEXT NOT NULL,
            reference TEXT NOT NULL,
            description TEXT,
            license TEXT,
            homepage TEXT,
            snapshot_id INTEGER REFERENCES snapshots(id) DEFERRABLE INITIALLY DEFERRED,
            first_seen_at TEXT NOT NULL,
            changed_at TEXT NOT NULL
        );
        CREATE TABLE snapshots (
            id INTEGER PRIMARY KEY,
            server_id INTEGER NOT NULL REFERENCES servers(id) ON DELETE CASCADE,
            version TEXT,
            ref TEXT,
            commit_sha TEXT,
            url TEXT,
            completeness REAL,
            digest TEXT NOT NULL,
            taken_at TEXT NOT NULL
        );
        CREATE INDEX snapshots_of_server ON snapshots(server_id);
        CREATE TABLE gaps (
            id INTEGER PRIMARY KEY,
            snapshot_id INTEGER NOT NULL REFERENCES snapshots(id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            line INTEGER,
            reason TEXT NOT NULL
        );
        CREATE INDEX gaps_of_snapshot ON gaps(snapshot_id);
        CREATE TABLE tools (
            id INTEGER PRIMARY KEY,
            server_id INTEGER NOT NULL REFERENCES servers(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            definition_id INTEGER REFERENCES definitions(id) DEFERRABLE INITIALLY DEFERRED,
            classification_id INTEGER REFERENCES classifications(id) DEFERRABLE INITIALLY DEFERRED,
            path TEXT,
            line INTEGER,
            extractor TEXT NOT NULL DEFAULT '',
            conditional TEXT,
            handler_path TEXT,
            handler_line INTEGER,
            facts TEXT NOT NULL DEFAULT '[]',
            removed_at TEXT,
            first_seen_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            UNIQUE (server_id, name)
        );
        CREATE INDEX tools_by_name ON tools(name);
        CREATE TABLE definitions (
            id INTEGER PRIMARY KEY,
            tool_id INTEGER NOT NULL REFERENCES tools(id) ON DELETE CASCADE,
            digest TEXT NOT NULL,
            title TEXT,
            description TEXT,
            input_schema TEXT,
            annotations TEXT NOT NULL,
            UNIQUE (tool_id, digest)
        );
        CREATE TABLE history (
            id INTEGER PRIMARY KEY,
            tool_id INTEGER NOT NULL REFERENCES tools(id) ON DELETE CASCADE,
            definition_id INTEGER NOT NULL REFERENCES definitions(id) ON DELETE CASCADE,
            from_snapshot_id INTEGER NOT NULL REFERENCES snapshots(id),
            until_snapshot_id INTEGER REFERENCES snapshots(id)
        );
        CREATE INDEX history_of_tool ON history(tool_id);
        CREATE INDEX history_from ON history(from_snapshot_id);
        CREATE INDEX history_until ON history(until_snapshot_id);
        CREATE TABLE classifications (
            id INTEGER PRIMARY KEY,
            definition_id INTEGER NOT NULL REFERENCES definitions(id) ON DELETE CASCADE,
            classifier_version TEXT NOT NULL,
            category TEXT NOT NULL,
            risk TEXT NOT NULL,
            capabilities TEXT NOT NULL,
            confidence REAL NOT NULL,
            needs_review INTEGER NOT NULL,
            reason TEXT NOT NULL,
            answer TEXT NOT NULL,
            made_at TEXT NOT NULL,
            UNIQUE (definition_id, classifier_version)
        );
        CREATE INDEX classifications_by_risk ON classifications(risk, category);
        CREATE VIRTUAL TABLE tools_fts USING fts5(name, words, title, description, tokenize='unicode61');
        """
    )
    _set_version(db, 1)


@migrations()
def create_views_that_join(db: Database) -> None:
    db.executescript(
        """
        CREATE VIEW tool_risks AS
        SELECT s.slug AS server, t.name AS tool, c.risk, c.category, c.capabilities, c.confidence, c.needs_review,
               c.reason, d.title, d.description, t.path, t.line, t.first_seen_at, t.changed_at
        FROM tools t JOIN servers s ON s.id = t.server_id
        JOIN definitions d ON d.id = t.definition_id
        LEFT JOIN classifications c ON c.id = t.classification_id
        WHERE t.removed_at IS NULL;
        CREATE VIEW removed_tools AS
        SELECT s.slug AS server, t.name AS tool, t.removed_at
        FROM tools t JOIN servers s ON s.id = t.server_id WHERE t.removed_at IS NOT NULL;
        CREATE VIEW server_risks AS
        SELECT s.slug AS server, s.name, s.reference, n.version, n.completeness,
               count(t.id) AS tools,
               sum(c.risk = 'critical') AS critical, sum(c.risk = 'high') AS high,
               sum(c.risk = 'medium') AS medium, sum(c.risk = 'low') AS low,
               sum(c.needs_review) AS needs_review,
               (SELECT count(*) FROM gaps g WHERE g.snapshot_id = s.snapshot_id) AS gaps,
               s.first_seen_at, s.changed_at
        FROM servers s LEFT JOIN snapshots n ON n.id = s.snapshot_id
        LEFT JOIN tools t ON t.server_id = s.id AND t.removed_at IS NULL
        LEFT JOIN classifications c ON c.id = t.classification_id
        GROUP BY s.id;
        """
    )


@migrations()
def create_changes(db: Database) -> None:
    db.executescript(
        """
        CREATE TABLE changes (
            id INTEGER PRIMARY KEY,
            server_id INTEGER NOT NULL REFERENCES servers(id) ON DELETE CASCADE,
            snapshot_id INTEGER REFERENCES snapshots(id) ON DELETE CASCADE,
            tool TEXT,
            kind TEXT NOT NULL,
            severity TEXT NOT NULL,
            cause TEXT NOT NULL,
            message TEXT NOT NULL,
            before TEXT,
            after TEXT,
            at TEXT NOT NULL
        );
        CREATE INDEX changes_of_server ON changes(server_id);
        CREATE INDEX changes_by_time ON changes(at);
        CREATE VIEW recent_changes AS
        SELECT x.at, s.slug AS server, x.tool, x.severity, x.kind, x.message, x.before, x.after, x.cause
        FROM changes x JOIN servers s ON s.id = x.server_id ORDER BY x.id DESC;
        """
    )
    _set_version(db, 2)


@migrations()
def create_crawl_tasks(db: Database) -> None:
    db.executescript(
        """
        CREATE TABLE crawl_tasks (
            id INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,
            candidates TEXT NOT NULL,
            candidate INTEGER NOT NULL DEFAULT 0,
            stamp TEXT,
            state TEXT NOT NULL DEFAULT 'pending',
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt_at TEXT NOT NULL,
            claimed_by TEXT,
            claimed_at TEXT,
            server TEXT,
            revision TEXT,
            reader TEXT,
            error TEXT,
            added_at TEXT NOT NULL,
            finished_at TEXT
        );
        CREATE INDEX crawl_tasks_due ON crawl_tasks(state, next_attempt_at, id);
        CREATE VIEW crawl_failures AS
        SELECT identity, state, error, attempts, next_attempt_at FROM crawl_tasks WHERE state IN ('failed', 'gated');
        """
    )
    _set_version(db, 3)
