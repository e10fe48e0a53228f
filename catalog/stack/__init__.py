"""The servers that the clients of this machine are configured with, and what they can do together.

Files in, entries out; entries in, references out; references in, tools and labels out; labels in, legs and rules out.
Values of secrets never leave `Launch`: what is shown, stored or raised has passed `secrets.redacted`.
"""
