"""Edits that add hints to the source of a server: found again in the syntax tree, tried on a copy, then written.

One module per language says where a tool's hints belong (`Places`); `layout` how an inserted item looks beside its
neighbours; `trial` proves on a copy that the edits do what they should and nothing else; `files` writes.
"""
