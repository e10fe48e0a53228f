"""The SQLite file. The only SQL of the project lives here, behind verbs.

`StoreReader` (catalog.store.read) answers questions with nothing but the standard library's sqlite3, so that a query
starts fast; `StoreWriter` (catalog.store.write) saves snapshots through sqlite-utils. Both raise StoreError.
"""
