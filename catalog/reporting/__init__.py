"""What a check of servers concluded, ready for build systems: judged, suppressed, compared with a baseline, written."""
